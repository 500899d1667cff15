import { type Clock, isMillraceError } from '@millrace/core'
import { type Sql, sql, type Trx, transaction } from '@millrace/db'
import type { Engine } from '../engine.ts'
import { insertRun } from '../runs/create-run.ts'
import { planTicks } from './plan-ticks.ts'

/** What a look at the schedules did. */
export interface TickReport {
  readonly made: readonly { readonly workflow: string; readonly tick: Date; readonly runId: number }[]
  /** Ticks that passed and get no run, as the catchup policy says; 10,000 stands for that many or more. */
  readonly dropped: readonly { readonly workflow: string; readonly ticks: number }[]
  /** Workflows whose runs could not be made, and why; the others went on. */
  readonly problems: readonly { readonly workflow: string; readonly error: unknown }[]
}

/** Runs of one workflow in one transaction; the next ones follow in the next. */
const runsAtOnce = 50
/** Who makes a run of the workflow at this moment is waited for so long. */
const lockTimeoutMs = 3000
/** How long a workflow whose runs could not be made is left alone. */
const problemPauseSeconds = 60

/**
 * Makes the runs whose time has come, each with the key of its tick, so that it is made once by however many schedulers.
 * While a workflow is paused none of its ticks is run; when it goes on, its catchup policy decides about those that passed.
 *
 * @param options.clock Default: the database's clock, read once.
 * @param options.signal No further workflow is begun once it fires.
 */
export async function tickSchedules(
  engine: Engine,
  { clock, signal }: { readonly clock?: Clock; readonly signal?: AbortSignal } = {},
): Promise<TickReport> {
  const { db } = engine
  const now = clock?.now() ?? (await db.one<{ now: Date }>(sql`select now()`)).now
  const due = await db.query<{ id: number; name: string }>(
    sql`select id, name from engine.workflow where ${isDue(now)} order by next_tick_at nulls first, id`,
  )
  const made: { workflow: string; tick: Date; runId: number }[] = []
  const dropped: { workflow: string; ticks: number }[] = []
  const problems: { workflow: string; error: unknown }[] = []
  for (const { id, name } of due) {
    if (signal?.aborted) break
    try {
      for (let isMore = true; isMore && !signal?.aborted; ) {
        const result = await transaction(db, async (trx) => await tickWorkflow(engine, trx, id, now))
        made.push(...result.made.map((run) => ({ workflow: name, ...run })))
        if (result.dropped > 0) dropped.push({ workflow: name, ticks: result.dropped })
        isMore = result.isMore
      }
    } catch (error) {
      const isTransient = isMillraceError(error) && error.recovery === 'transient'
      // Without the database none of the others could be looked at either; a lock is only this one's.
      if (isTransient && error.code !== 'DATABASE_LOCK_TIMEOUT') throw error
      problems.push({ workflow: name, error })
      if (!isTransient) await noteProblem(engine, id, now, error)
    }
  }
  return { made, dropped, problems }
}

function isDue(now: Date): Sql {
  return sql`not paused and current_version_id is not null
    and (next_tick_at <= ${now} or schedule_version_id is distinct from current_version_id)`
}

interface DueWorkflow {
  readonly id: number
  readonly name: string
  readonly current_version_id: number
  readonly schedule_changed_at: Date
  readonly ticked_up_to: Date | null
}

interface TickResult {
  readonly made: readonly { readonly tick: Date; readonly runId: number }[]
  readonly dropped: number
  readonly isMore: boolean
}

async function tickWorkflow(engine: Engine, trx: Trx, id: number, now: Date): Promise<TickResult> {
  await trx.script(`set local lock_timeout = ${lockTimeoutMs}`)
  // Whoever waits here for another scheduler finds that nothing is due any more.
  const workflow = await trx.maybe<DueWorkflow>(sql`
    select id, name, current_version_id, schedule_changed_at, ticked_up_to
    from engine.workflow where id = ${id} and ${isDue(now)} for no key update`)
  if (workflow === undefined) return { made: [], dropped: 0, isMore: false }
  const { manifest } = await engine.graphs.get(trx, workflow.current_version_id)
  const plan = planTicks({
    schedule: manifest.schedule,
    tickedUpTo: workflow.ticked_up_to,
    changedAt: workflow.schedule_changed_at,
    now,
  })
  const ticks = plan.ticks.slice(0, runsAtOnce)
  const made: { tick: Date; runId: number }[] = []
  for (const { tick, key, dataInterval } of ticks) {
    const { run, isNew } = await insertRun(engine, trx, {
      workflow: workflow.name,
      trigger: 'schedule',
      key,
      logicalDate: tick,
      dataInterval,
    })
    if (isNew) made.push({ tick, runId: run.id })
  }
  const rest = plan.ticks[runsAtOnce]
  const last = ticks.at(-1)
  await trx.execute(sql`
    update engine.workflow set
      next_tick_at = ${rest?.tick ?? plan.next}::timestamptz, last_tick_at = coalesce(${last?.tick ?? null}::timestamptz, last_tick_at),
      ticked_up_to = greatest(ticked_up_to, ${rest === undefined ? plan.upTo : (last?.tick ?? null)}::timestamptz),
      schedule_version_id = current_version_id, schedule_problem = null
    where id = ${id}`)
  return { made, dropped: plan.dropped, isMore: rest !== undefined }
}

/** Nothing is dealt with: once it can be used again, its catchup policy decides about the ticks that passed. */
async function noteProblem(engine: Engine, id: number, now: Date, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error)
  await engine.db.execute(sql`
    update engine.workflow set
      schedule_problem = ${message.slice(0, 2000)}, schedule_version_id = current_version_id,
      next_tick_at = ${now}::timestamptz + make_interval(secs => ${problemPauseSeconds})
    where id = ${id}`)
}
