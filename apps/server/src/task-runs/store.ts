import { type Queryable, sql } from '@millrace/db'
import type { Json, TaskFailure, TaskRunState } from '@millrace/workflow'

export interface TaskRunRow {
  readonly id: number
  readonly run_id: number
  readonly version_id: number
  readonly node_index: number
  readonly map_index: number | null
  readonly state: TaskRunState
  readonly items: number | null
  readonly item: Json
  readonly queue: string
  readonly pool: string | null
  readonly priority: number
  readonly attempt: number
  readonly failures: number
  readonly losses: number
  readonly progress: Readonly<Record<string, unknown>> | null
  readonly worker: string | null
  readonly ready_at: Date | null
  readonly run_at: Date | null
  readonly started_at: Date | null
  readonly ended_at: Date | null
}

const taskRun = sql`
  select t.id, t.run_id, r.version_id, t.node_index, t.map_index, t.state, t.items, t.item, t.queue, t.pool, t.priority,
    t.attempt, t.failures, t.losses, t.progress, w.name as worker, t.ready_at, t.run_at, t.started_at, t.ended_at
  from engine.task_run t
  join engine.run r on r.id = t.run_id
  left join engine.worker w on w.id = t.worker_id`

/** In the order of the graph, items after their node. */
export async function listTaskRuns(
  db: Queryable,
  runId: number,
  filter: { readonly place?: number | undefined; readonly state?: readonly TaskRunState[] | undefined },
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly TaskRunRow[]; readonly total: number }> {
  const where = sql`t.run_id = ${runId}
    and (${filter.place ?? null}::integer is null or t.node_index = ${filter.place ?? null})
    and (${filter.state ?? null}::text[] is null or t.state = any(${filter.state ?? null}))`
  const rows = await db.query<TaskRunRow>(
    sql`${taskRun} where ${where} order by t.node_index, t.map_index nulls first limit ${limit} offset ${offset}`,
  )
  const { total } = await db.one<{ total: number }>(sql`select count(*) as total from engine.task_run t where ${where}`)
  return { rows, total }
}

export async function readTaskRun(db: Queryable, id: number): Promise<TaskRunRow | undefined> {
  return await db.maybe<TaskRunRow>(sql`${taskRun} where t.id = ${id}`)
}

export interface AttemptRow {
  readonly attempt: number
  readonly worker: string | null
  readonly started_at: Date
  readonly ended_at: Date | null
  readonly outcome: string | null
  readonly failure: TaskFailure | null
  readonly log_bytes: number
  readonly progress: Readonly<Record<string, unknown>> | null
  readonly metrics: { readonly peakMemory?: number; readonly cpuMs?: number } | null
}

/** The latest first. */
export async function listAttempts(
  db: Queryable,
  taskRunId: number,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly AttemptRow[]; readonly total: number }> {
  const rows = await db.query<AttemptRow>(sql`
    select a.attempt, w.name as worker, a.started_at, a.ended_at, a.outcome, a.failure, a.log_bytes, a.metrics, a.progress
    from engine.attempt a left join engine.worker w on w.id = a.worker_id
    where a.task_run_id = ${taskRunId} order by a.attempt desc limit ${limit} offset ${offset}`)
  const { total } = await db.one<{ total: number }>(
    sql`select count(*) as total from engine.attempt where task_run_id = ${taskRunId}`,
  )
  return { rows, total }
}

/** Whether an attempt is over, so that nothing is added to its log; undefined when there is none. */
export async function isAttemptOver(db: Queryable, taskRunId: number, attempt: number): Promise<boolean | undefined> {
  const row = await db.maybe<{ over: boolean }>(sql`
    select ended_at is not null as over from engine.attempt where task_run_id = ${taskRunId} and attempt = ${attempt}`)
  return row?.over
}
