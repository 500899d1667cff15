import { isMillraceError, parseSchedule } from '@millrace/core'
import { sql, type Trx, transaction } from '@millrace/db'
import type { Json } from '@millrace/workflow'
import type { Engine } from '../engine.ts'
import { insertRun } from '../runs/create-run.ts'
import { cancelRunsOfBackfills } from './backfill.ts'

/** Work of one transaction: runs that are made, and ticks that are looked at. */
const runsAtOnce = 50
const ticksAtOnce = 500

/** What a look at the backfills did. */
export interface BackfillReport {
  readonly made: number
  /** Whether there is more to do at once, without any run having to end before. */
  readonly isMore: boolean
  readonly problems: readonly { readonly backfill: number; readonly error: unknown }[]
}

/**
 * Makes the next runs of every running backfill, ends those that are done, and finishes cancelling those that were cancelled.
 * Any number of processes may do this at any time: a backfill that somebody else has is left alone.
 */
export async function advanceBackfills(engine: Engine): Promise<BackfillReport> {
  await cancelRunsOfBackfills(engine)
  const running = await engine.db.query<{ id: number }>(
    sql`select id from engine.backfill where state = 'running' order by id`,
  )
  const problems: { backfill: number; error: unknown }[] = []
  let made = 0
  let isMore = false
  for (const { id } of running) {
    try {
      const step = await transaction(engine.db, async (trx) => await advanceOne(engine, trx, id))
      made += step.made
      isMore ||= step.isMore
    } catch (error) {
      problems.push({ backfill: id, error })
      // Another try helps against what passes by itself only.
      if (isMillraceError(error) && error.recovery !== 'transient') await giveUp(engine, id, error)
    }
  }
  return { made, isMore, problems }
}

interface RunningBackfill {
  readonly id: number
  readonly workflow_id: number
  readonly workflow: string
  readonly version_id: number
  readonly version: string
  readonly range_start: Date
  readonly range_end: Date
  readonly params: Readonly<Record<string, Json>>
  readonly max_active_runs: number
  readonly created_up_to: Date | null
  readonly existing: 'skip' | 'again'
}

async function advanceOne(engine: Engine, trx: Trx, id: number): Promise<{ made: number; isMore: boolean }> {
  const nothing = { made: 0, isMore: false }
  const backfill = await trx.maybe<RunningBackfill>(sql`
    select b.*, w.name as workflow, v.version
    from engine.backfill b
    join engine.workflow w on w.id = b.workflow_id
    join engine.workflow_version v on v.id = b.version_id
    where b.id = ${id} and b.state = 'running' for update of b skip locked`)
  if (backfill === undefined) return nothing
  const { active } = await trx.one<{ active: number }>(sql`
    select count(*) as active from engine.run where backfill_id = ${id} and state in ('queued', 'running')`)
  const room = Math.min(runsAtOnce, backfill.max_active_runs - active)
  if (room <= 0) return nothing

  const { manifest } = await engine.graphs.get(trx, backfill.version_id)
  const schedule = parseSchedule(manifest.schedule ?? { cron: '@once' })
  const from = backfill.created_up_to === null ? backfill.range_start : new Date(backfill.created_up_to.getTime() + 1)
  const ticks = schedule.between(from, backfill.range_end, backfill.existing === 'skip' ? ticksAtOnce : room)
  if (ticks.length === 0) {
    if (active === 0) await end(trx, id)
    return nothing
  }
  const taken = backfill.existing === 'skip' ? await ticksWithRun(trx, backfill, ticks) : new Set<number>()
  let made = 0
  let skipped = 0
  let upTo: Date | undefined
  for (const tick of ticks) {
    if (taken.has(tick.getTime())) {
      skipped += 1
    } else {
      if (made === room) break
      await insertRun(engine, trx, {
        workflow: backfill.workflow,
        version: backfill.version,
        params: backfill.params,
        key: `backfill:${id}:${tick.toISOString()}`,
        trigger: 'backfill',
        logicalDate: tick,
        dataInterval: schedule.dataInterval(tick),
        backfillId: id,
      })
      made += 1
    }
    upTo = tick
  }
  await trx.execute(sql`
    update engine.backfill set created_up_to = ${upTo ?? from}, skipped = skipped + ${skipped} where id = ${id}`)
  return { made, isMore: made < backfill.max_active_runs - active }
}

/** Those that a run stands for already, whatever became of it. */
async function ticksWithRun(trx: Trx, { workflow_id }: RunningBackfill, ticks: readonly Date[]): Promise<Set<number>> {
  const rows = await trx.query<{ logical_date: Date }>(sql`
    select distinct logical_date from engine.run
    where workflow_id = ${workflow_id} and logical_date = any(${ticks}::timestamptz[])`)
  return new Set(rows.map(({ logical_date }) => logical_date.getTime()))
}

async function end(trx: Trx, id: number): Promise<void> {
  await trx.execute(sql`
    update engine.backfill b set
      ended_at = now(), state = case when r.unsuccessful = 0 then 'success' else 'failed' end,
      reason = case when r.unsuccessful > 0 then r.unsuccessful || ' of its runs did not succeed' end
    from (select count(*) filter (where state <> 'success') as unsuccessful from engine.run where backfill_id = ${id}) r
    where b.id = ${id}`)
}

async function giveUp(engine: Engine, id: number, error: Error): Promise<void> {
  await engine.db.execute(sql`
    update engine.backfill set
      state = 'failed', ended_at = now(), reason = ${`Its runs could not be made: ${error.message}`.slice(0, 1000)}
    where id = ${id} and state = 'running'`)
}
