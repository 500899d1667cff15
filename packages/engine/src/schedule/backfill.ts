import { DataError } from '@millrace/core'
import { type Queryable, type Sql, sql, type Trx, transaction } from '@millrace/db'
import type { Json } from '@millrace/workflow'
import type { Engine } from '../engine.ts'
import { jsonColumn } from '../json-column.ts'
import { cancelRun } from '../runs/cancel-run.ts'
import { channels, notify } from '../runs/events.ts'
import { type NewBackfill, type PlannedBackfill, planBackfill } from './plan-backfill.ts'

export type BackfillState = 'running' | 'paused' | 'success' | 'failed' | 'cancelled'

export interface Backfill {
  readonly id: number
  readonly workflow: string
  readonly version: string
  readonly state: BackfillState
  /** Why it ended as it did; null when the state says it all. */
  readonly reason: string | null
  readonly start: Date
  readonly end: Date
  readonly params: Readonly<Record<string, Json>>
  readonly maxActiveRuns: number
  readonly existing: 'skip' | 'again'
  /** Of ticks: all, those with a run that is over by how it ended, those being run, and those left out for they had a run. */
  readonly progress: {
    readonly total: number
    readonly success: number
    readonly failed: number
    readonly cancelled: number
    readonly active: number
    readonly skipped: number
  }
  readonly createdAt: Date
  readonly endedAt: Date | null
}

/**
 * Has a workflow run for every tick of its schedule in a range, oldest first and so many at a time. The scheduler makes the
 * runs one by one, also while the workflow is paused.
 *
 * @throws as `planBackfill`
 */
export async function createBackfill(engine: Engine, request: NewBackfill): Promise<Backfill> {
  const plan = await planBackfill(engine, request)
  return await transaction(engine.db, async (trx) => await insertBackfill(trx, request, plan))
}

/** The same within a transaction of the caller's, who has planned it: ticks may take seconds to find. */
export async function insertBackfill(trx: Trx, request: NewBackfill, plan: PlannedBackfill): Promise<Backfill> {
  const { workflowId, versionId, start, end, ticks } = plan
  const { maxActiveRuns = 1, existing = 'skip' } = request
  const { id } = await trx.one<{ id: number }>(sql`
    insert into engine.backfill (workflow_id, version_id, range_start, range_end, params, max_active_runs, existing, total)
    values (
      ${workflowId}, ${versionId}, ${start}, ${end}, ${jsonColumn(request.params ?? {})}, ${maxActiveRuns}, ${existing}, ${ticks.length}
    )
    returning id`)
  await notify(trx, channels.scheduler)
  return await getBackfill(trx, id)
}

interface BackfillRow {
  readonly id: number
  readonly workflow: string
  readonly version: string
  readonly state: BackfillState
  readonly reason: string | null
  readonly range_start: Date
  readonly range_end: Date
  readonly params: Readonly<Record<string, Json>>
  readonly max_active_runs: number
  readonly existing: 'skip' | 'again'
  readonly total: number
  readonly success: number
  readonly failed: number
  readonly cancelled: number
  readonly active: number
  readonly skipped: number
  readonly created_at: Date
  readonly ended_at: Date | null
}

const backfillRows = sql`
  select b.*, w.name as workflow, v.version, r.*
  from engine.backfill b
  join engine.workflow w on w.id = b.workflow_id
  join engine.workflow_version v on v.id = b.version_id
  cross join lateral (
    select count(*) filter (where state = 'success') as success, count(*) filter (where state = 'failed') as failed,
      count(*) filter (where state = 'cancelled') as cancelled,
      count(*) filter (where state in ('queued', 'running')) as active
    from engine.run where backfill_id = b.id
  ) r`

/** @throws DataError `BACKFILL_MISSING` */
export async function getBackfill(db: Queryable, id: number): Promise<Backfill> {
  const row = await db.maybe<BackfillRow>(sql`${backfillRows} where b.id = ${id}`)
  if (row === undefined) throw backfillMissing(id)
  return backfillOf(row)
}

/** Newest first; those with an id below `before`. Default: 100 of all workflows. */
export async function listBackfills(
  db: Queryable,
  filter: {
    readonly workflow?: string
    readonly state?: BackfillState
    readonly before?: number
    readonly limit?: number
    /** On `engine.workflow w`. */
    readonly where?: Sql
  } = {},
): Promise<readonly Backfill[]> {
  const { workflow = null, state = null, before = null, limit = 100, where = sql`true` } = filter
  const rows = await db.query<BackfillRow>(sql`
    ${backfillRows}
    where (${workflow}::text is null or w.name = ${workflow}) and (${state}::text is null or b.state = ${state})
      and (${before}::bigint is null or b.id < ${before}) and ${where}
    order by b.id desc limit ${limit}`)
  return rows.map(backfillOf)
}

/** Makes no more runs until it is resumed; those that there are go on. */
export async function pauseBackfill(engine: Engine, id: number): Promise<Backfill> {
  return await change(engine, id, 'pause')
}

export async function resumeBackfill(engine: Engine, id: number): Promise<Backfill> {
  return await change(engine, id, 'resume')
}

/** Makes no more runs, and cancels those that are not over. */
export async function cancelBackfill(engine: Engine, id: number): Promise<Backfill> {
  await change(engine, id, 'cancel')
  await cancelRunsOfBackfills(engine)
  return await getBackfill(engine.db, id)
}

async function change(engine: Engine, id: number, verb: BackfillVerb): Promise<Backfill> {
  const { backfill } = await transaction(engine.db, async (trx) => await changeBackfill(trx, id, verb))
  return backfill
}

export type BackfillVerb = 'pause' | 'resume' | 'cancel'

const verbs: Readonly<
  Record<BackfillVerb, { readonly from: readonly BackfillState[]; readonly to: BackfillState; readonly done: string }>
> = {
  pause: { from: ['running', 'paused'], to: 'paused', done: 'paused' },
  resume: { from: ['running', 'paused'], to: 'running', done: 'resumed' },
  cancel: { from: ['running', 'paused', 'cancelled'], to: 'cancelled', done: 'cancelled' },
}

/** Within a transaction of the caller's, who cancels runs of what was cancelled by `cancelRunsOfBackfills` when it is committed. */
export async function changeBackfill(
  trx: Trx,
  id: number,
  verb: BackfillVerb,
): Promise<{ readonly before: BackfillState; readonly backfill: Backfill }> {
  const { from, to, done } = verbs[verb]
  const row = await trx.maybe<{ state: BackfillState }>(
    sql`select state from engine.backfill where id = ${id} for update`,
  )
  if (row === undefined) throw backfillMissing(id)
  if (!from.includes(row.state)) {
    throw new DataError('BACKFILL_OVER', {
      message: `Backfill ${id} is over (${row.state}) and cannot be ${done}. Make a new one for what is missing: ticks that have a run are left out.`,
      details: { id, state: row.state },
    })
  }
  await trx.execute(sql`
    update engine.backfill set state = ${to}, ended_at = case when ${to === 'cancelled'} then coalesce(ended_at, now()) end
    where id = ${id}`)
  await notify(trx, channels.scheduler)
  return { before: row.state, backfill: await getBackfill(trx, id) }
}

/** Cancels what cancelled backfills left running; the scheduler does so too, where the process that began it died. */
export async function cancelRunsOfBackfills(engine: Engine): Promise<number> {
  const runs = await engine.db.query<{ id: number }>(sql`
    select r.id from engine.run r join engine.backfill b on b.id = r.backfill_id
    where b.state = 'cancelled' and r.state in ('queued', 'running') and not r.cancelled
    order by r.id limit 1000`)
  for (const { id } of runs) await cancelRun(engine, id, 'its backfill was cancelled')
  return runs.length
}

function backfillOf(row: BackfillRow): Backfill {
  const { total, success, failed, cancelled, active, skipped } = row
  return {
    id: row.id,
    workflow: row.workflow,
    version: row.version,
    state: row.state,
    reason: row.reason,
    start: row.range_start,
    end: row.range_end,
    params: row.params,
    maxActiveRuns: row.max_active_runs,
    existing: row.existing,
    progress: { total, success, failed, cancelled, active, skipped },
    createdAt: row.created_at,
    endedAt: row.ended_at,
  }
}

function backfillMissing(id: number): DataError {
  return new DataError('BACKFILL_MISSING', {
    message: `There is no backfill ${id}. "millrace backfill list" shows what there is.`,
    details: { id },
  })
}
