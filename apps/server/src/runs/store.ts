import { type Queryable, type Sql, sql, type Trx } from '@millrace/db'
import type { RunRow } from '@millrace/engine'
import type { RunState, TaskFailure, TaskRunState, TriggerKind } from '@millrace/workflow'

/** A run with the names of what it is a run of. */
export interface RunDetails extends RunRow {
  readonly workflow: string
  readonly version: string
}

export interface RunFilter {
  /** On `engine.workflow w`: what the caller may see. */
  readonly where: Sql
  readonly workflow?: string | undefined
  /** Id. */
  readonly project?: string | undefined
  readonly state?: readonly RunState[] | undefined
  readonly trigger?: readonly TriggerKind[] | undefined
  /** Logical dates, the second one excluded. */
  readonly from?: Date | undefined
  readonly to?: Date | undefined
  readonly backfill?: number | undefined
  /** Only those with a lower id: the next page of a list that grows at its beginning. */
  readonly before?: number | undefined
}

const runs = sql`
  engine.run r
  join engine.workflow w on w.id = r.workflow_id
  join engine.workflow_version v on v.id = r.version_id`

export async function readRunDetails(db: Queryable, id: number): Promise<RunDetails | undefined> {
  return await db.maybe<RunDetails>(sql`select r.*, w.name as workflow, v.version from ${runs} where r.id = ${id}`)
}

/** Newest first. */
export async function listRuns(
  db: Queryable,
  filter: RunFilter,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly RunDetails[]; readonly total: number }> {
  const where = conditions(filter)
  const rows = await db.query<RunDetails>(sql`
    select r.*, w.name as workflow, v.version from ${runs}
    where ${where} order by r.id desc limit ${limit} offset ${offset}`)
  const { total } = await db.one<{ total: number }>(
    sql`select count(*) as total from engine.run r join engine.workflow w on w.id = r.workflow_id where ${where}`,
  )
  return { rows, total }
}

/** Only what is asked for stands in the statement, so that the indexes of each filter are used. */
function conditions({ where, workflow, project, state, trigger, from, to, backfill, before }: RunFilter): Sql {
  return sql.join(
    [
      where,
      ...(workflow === undefined
        ? []
        : [sql`r.workflow_id = (select id from engine.workflow where name = ${workflow})`]),
      ...(project === undefined ? [] : [sql`w.project_id = ${project}`]),
      ...(state === undefined ? [] : [sql`r.state = any(${state})`]),
      ...(trigger === undefined ? [] : [sql`r.trigger = any(${trigger})`]),
      ...(from === undefined ? [] : [sql`r.logical_date >= ${from}`]),
      ...(to === undefined ? [] : [sql`r.logical_date < ${to}`]),
      ...(backfill === undefined ? [] : [sql`r.backfill_id = ${backfill}`]),
      ...(before === undefined ? [] : [sql`r.id < ${before}`]),
    ],
    ' and ',
  )
}

/** How many task runs are in each state; items of mapped nodes count, and not the nodes they belong to. */
export async function countTaskStates(db: Queryable, runId: number): Promise<Readonly<Record<string, number>>> {
  const rows = await db.query<{ state: TaskRunState; count: number }>(sql`
    select state, count(*) as count from engine.task_run where run_id = ${runId} and items is null group by state`)
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
}

export interface FailureRow {
  readonly task_run: number
  readonly node_index: number
  readonly map_index: number | null
  /** 0 of a task that no worker began. */
  readonly attempt: number
  readonly reason: string | null
  readonly failure: TaskFailure | null
}

/** What failed before everything else that failed in a run, with the failure of its last attempt. */
export async function readFirstFailure(db: Queryable, runId: number): Promise<FailureRow | undefined> {
  return await db.maybe<FailureRow>(sql`
    select t.id as task_run, t.node_index, t.map_index, t.attempt, t.reason, a.failure
    from engine.task_run t left join engine.attempt a on a.task_run_id = t.id and a.attempt = t.attempt
    where t.run_id = ${runId} and t.state = 'failed'
    -- Of a mapped node the item that failed says more.
    order by t.ended_at, t.items is not null, t.id limit 1`)
}

export interface NodeStateRow {
  readonly id: number
  readonly node_index: number
  readonly state: TaskRunState
  readonly items: number | null
  readonly up_success: number
  readonly up_failed: number
  readonly up_skipped: number
  readonly started_at: Date | null
  readonly ended_at: Date | null
}

export async function listNodeStates(db: Queryable, runId: number): Promise<readonly NodeStateRow[]> {
  return await db.query<NodeStateRow>(sql`
    select id, node_index, state, items, up_success, up_failed, up_skipped, started_at, ended_at
    from engine.task_run where run_id = ${runId} and map_index is null`)
}

/** What was not claimed yet moves with its run. */
export async function setPriority(trx: Trx, run: RunRow, priority: number): Promise<void> {
  await trx.execute(sql`update engine.run set priority = ${priority} where id = ${run.id}`)
  await trx.execute(sql`
    update engine.task_run set priority = priority + ${priority - run.priority}
    where run_id = ${run.id} and state in ('waiting', 'ready')`)
}

export interface RunEventRow {
  readonly id: number
  readonly at: Date
  readonly kind: string
  readonly task_run_id: number | null
  readonly node_index: number | null
  readonly map_index: number | null
  readonly data: Readonly<Record<string, unknown>>
}

export async function listRunEvents(
  db: Queryable,
  runId: number,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly RunEventRow[]> {
  return await db.query<RunEventRow>(sql`
    select e.id, e.at, e.kind, e.task_run_id, t.node_index, t.map_index, e.data
    from engine.run_event e left join engine.task_run t on t.id = e.task_run_id
    where e.run_id = ${runId} and e.id > ${after} order by e.id limit ${limit}`)
}
