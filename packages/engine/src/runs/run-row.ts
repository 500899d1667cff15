import { DataError } from '@millrace/core'
import { type Queryable, sql, type Trx } from '@millrace/db'
import type { Json, RunState, TriggerKind } from '@millrace/workflow'

export interface RunRow {
  readonly id: number
  readonly workflow_id: number
  readonly version_id: number
  readonly state: RunState
  readonly reason: string | null
  readonly key: string
  readonly trigger: TriggerKind
  readonly params: Readonly<Record<string, Json>>
  readonly variables: Readonly<Record<string, Json>>
  readonly logical_date: Date
  readonly data_interval_start: Date | null
  readonly data_interval_end: Date
  readonly priority: number
  readonly backfill_id: number | null
  readonly parent_run_id: number | null
  readonly traceparent: string | null
  readonly open_tasks: number
  readonly failed_tasks: number
  readonly cancelled: boolean
  readonly timed_out: boolean
  readonly created_at: Date
  readonly started_at: Date | null
  readonly ended_at: Date | null
  readonly deadline_at: Date | null
}

function runMissing(id: number | string): DataError {
  return new DataError('RUN_MISSING', { message: `There is no run ${id}. "millrace runs list" shows what there is.` })
}

export async function readRun(db: Queryable, id: number): Promise<RunRow> {
  const row = await db.maybe<RunRow>(sql`select * from engine.run where id = ${id}`)
  if (row === undefined) throw runMissing(id)
  return row
}

/**
 * Holds the run until the transaction ends: nobody else changes its task runs meanwhile. Claims go on, since the events they
 * write only refer to its key: with a stronger lock the two could wait for each other.
 */
export async function lockRun(trx: Trx, id: number): Promise<RunRow> {
  const row = await trx.maybe<RunRow>(sql`select * from engine.run where id = ${id} for no key update`)
  if (row === undefined) throw runMissing(id)
  return row
}

/** In the order of their ids, so that two transactions never wait for each other. Runs that are gone are left out. */
export async function lockRuns(trx: Trx, ids: readonly number[]): Promise<RunRow[]> {
  return await trx.query<RunRow>(sql`select * from engine.run where id = any(${ids}) order by id for no key update`)
}
