import { type Queryable, type Sql, sql } from '@millrace/db'
import type { Json } from '@millrace/workflow'
import { jsonColumn } from '../json-column.ts'

/** What happened to a run and its tasks, in order; shown to people and sent to whoever listens. */
export type RunEventKind =
  | 'run.created'
  | 'run.started'
  | 'run.ended'
  | 'run.cancel_requested'
  | 'run.reopened'
  | 'task.ready'
  | 'task.started'
  | 'task.expanded'
  | 'task.ended'
  | 'task.retry'
  | 'task.deferred'
  | 'task.lost'
  | 'task.marked'
  | 'task.cleared'

export interface NewRunEvent {
  readonly runId: number
  readonly taskRunId?: number
  readonly kind: RunEventKind
  readonly data?: Readonly<Record<string, Json>>
}

export async function addEvents(db: Queryable, events: readonly NewRunEvent[]): Promise<void> {
  if (events.length > 0) await db.execute(insertEvents(events))
}

export function insertEvents(events: readonly NewRunEvent[]): Sql {
  return sql`
    insert into engine.run_event (run_id, task_run_id, kind, data)
    select * from unnest(
      ${events.map((event) => event.runId)}::bigint[],
      ${events.map((event) => event.taskRunId ?? null)}::bigint[],
      ${events.map((event) => event.kind)}::text[],
      ${events.map((event) => jsonColumn(event.data ?? {}))}::jsonb[]
    )`
}

export const channels = {
  /** There is something to claim. */
  ready: 'millrace_ready',
  /** Something happened to a run; the payload is its id. */
  run: 'millrace_run',
  /** An attempt is to stop. */
  stop: 'millrace_stop',
  /** There is something for the scheduler: a deployment, a backfill that may go on. */
  scheduler: 'millrace_scheduler',
} as const

/** A hint, sent when the transaction commits; whoever misses it finds out by looking. */
export async function notify(db: Queryable, channel: string, payload = ''): Promise<void> {
  await db.execute(sql`select pg_notify(${channel}, ${payload})`)
}

export interface Hint {
  readonly channel: string
  readonly payload: string
}

export async function notifyAll(db: Queryable, hints: readonly Hint[]): Promise<void> {
  await db.execute(notifications(hints))
}

export function notifications(hints: readonly Hint[]): Sql {
  return sql`
    select pg_notify(h.channel, h.payload)
    from unnest(${hints.map(({ channel }) => channel)}::text[], ${hints.map(({ payload }) => payload)}::text[]) as h (channel, payload)`
}
