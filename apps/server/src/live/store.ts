import { type Queryable, type Sql, sql } from '@millrace/db'
import { isOver } from '@millrace/engine'
import type { RunState, TaskRunState } from '@millrace/workflow'
import type { Seen } from './regular-look.ts'
import { keyOf, type LogTopic } from './topics.ts'

export interface RunHintRow {
  readonly id: number
  readonly workflow: string
  readonly state: RunState
}

/**
 * Those of the runs that are there and fit, the newest first.
 *
 * @param where On `engine.workflow w`.
 */
export async function readRunHints(
  db: Queryable,
  ids: readonly number[],
  { where, limit }: { readonly where: Sql; readonly limit: number },
): Promise<readonly RunHintRow[]> {
  return await db.query<RunHintRow>(sql`
    select r.id, w.name as workflow, r.state
    from engine.run r join engine.workflow w on w.id = r.workflow_id
    where r.id = any(${ids}) and ${where} order by r.id desc limit ${limit}`)
}

/** What is done to a run leaves an event, or stands in its row; what its tasks say of their progress leaves neither. */
export async function lookAtRuns(db: Queryable, ids: readonly number[]): Promise<ReadonlyMap<number, Seen>> {
  const rows = await db.query<{ id: number; state: RunState; print: string }>(sql`
    select r.id, r.state,
      concat_ws('|', r.state, r.reason, r.priority, r.open_tasks, r.failed_tasks, r.cancelled, r.ended_at, e.newest, t.progress)
        as print
    from engine.run r
    cross join lateral (select max(id) as newest from engine.run_event where run_id = r.id) as e
    cross join lateral (
      select sum(hashtextextended(progress::text, id)) as progress from engine.task_run
      where run_id = r.id and state = 'running' and progress is not null and r.state = 'running'
    ) as t
    where r.id = any(${ids})`)
  return new Map(rows.map(({ id, state, print }) => [id, { print, isOpen: !isOver(state) }]))
}

export interface LogRow {
  readonly key: string
  readonly task_run: number
  readonly run_id: number
  /** 0 before the first. */
  readonly attempt: number
  readonly bytes: number
  readonly over: boolean
  readonly is_open: boolean
}

interface FoundLog {
  readonly id: number
  readonly run_id: number
  readonly asked: number | null
  readonly state: TaskRunState
  readonly latest: number
  readonly attempt: number | null
  readonly bytes: number | null
  readonly over: boolean | null
}

/**
 * The logs that are followed, without those that are not there.
 *
 * @param where On `engine.workflow w`.
 */
export async function readLogs(
  db: Queryable,
  topics: readonly LogTopic[],
  where: Sql,
): Promise<ReadonlyMap<string, LogRow>> {
  const rows = await db.query<FoundLog>(sql`
    select t.id, t.run_id, x.attempt as asked, t.state, t.attempt as latest, a.attempt, a.log_bytes as bytes,
      a.ended_at is not null as over
    from unnest(
      ${topics.map(({ taskRunId }) => taskRunId)}::bigint[], ${topics.map(({ attempt }) => attempt)}::integer[]
    ) as x (id, attempt)
    join engine.task_run t on t.id = x.id
    join engine.run r on r.id = t.run_id
    join engine.workflow w on w.id = r.workflow_id
    left join engine.attempt a on a.task_run_id = t.id and a.attempt = coalesce(x.attempt, t.attempt)
    where ${where}`)
  return new Map(
    rows.flatMap((row): [string, LogRow][] => {
      const { id, run_id, asked, attempt, bytes, state } = row
      if (asked !== null && attempt === null) return []
      const over = attempt !== null && row.over === true
      const isOpen = asked === null ? !isOver(state) || !over : !over
      const key = keyOf({ taskRunId: id, attempt: asked })
      return [[key, { key, task_run: id, run_id, attempt: attempt ?? 0, bytes: bytes ?? 0, over, is_open: isOpen }]]
    }),
  )
}

export function seenOf({ attempt, bytes, over, is_open }: LogRow): Seen {
  return { print: `${attempt}|${bytes}|${over}`, isOpen: is_open }
}
