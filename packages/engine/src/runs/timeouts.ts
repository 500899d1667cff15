import { sql, transaction } from '@millrace/db'
import type { TaskFailure } from '@millrace/workflow'
import type { Engine } from '../engine.ts'
import { cancelHeldRun } from './cancel-run.ts'
import { completeAttempts } from './complete.ts'
import { channels, notify } from './events.ts'
import type { RunRow } from './run-row.ts'

/** Seconds after which the engine itself ends an attempt that its executor should have ended. */
const graceSeconds = 60

/**
 * Ends what is out of time: runs, tasks that nobody took, tasks that take too long over all their attempts. What a task may
 * take in one attempt, and how long it may be silent, is watched beside it by its executor. Returns how many were ended or
 * asked to stop; may be called by several at once.
 */
export async function enforceTimeouts(engine: Engine): Promise<number> {
  const { db } = engine
  const runs = await db.query<{ id: number }>(
    sql`select id from engine.run where state = 'running' and deadline_at < now() and not cancelled limit 100`,
  )
  for (const { id } of runs) {
    await transaction(db, async (trx) => {
      const run = await trx.maybe<RunRow>(
        sql`select * from engine.run where id = ${id} and deadline_at < now() for no key update`,
      )
      if (run !== undefined)
        await cancelHeldRun(engine, trx, run, { reason: 'its run timeout is over', timedOut: true })
    })
  }
  return runs.length + (await failUntaken(engine)) + (await stopOverdue(engine))
}

interface TimedRow {
  readonly id: number
  readonly attempt: number
  readonly waited: number
  readonly first: boolean
}

/** Ready for too long. They hold no lease, so they are claimed by the clock itself and then failed as any attempt is. */
async function failUntaken(engine: Engine): Promise<number> {
  const rows = await engine.db.query<TimedRow>(sql`
    with due as (
      select id,
        extract(epoch from now() - ready_at)::float8 as waited,
        coalesce(now() > first_ready_at + make_interval(secs => schedule_to_close), false) as is_close
      from engine.task_run
      where state = 'ready' and (schedule_to_start is not null or schedule_to_close is not null)
        and (now() > ready_at + make_interval(secs => schedule_to_start)
          or now() > first_ready_at + make_interval(secs => schedule_to_close))
      limit 500 for update skip locked
    ), taken as (
      update engine.task_run t set
        state = 'running', attempt = t.attempt + 1, lease_until = now() + interval '1 minute', worker_id = null,
        stop_reason = case when d.is_close then 'timeout' end, started_at = now()
      from due d where t.id = d.id and t.state = 'ready'
      returning t.id, t.attempt, d.waited, not d.is_close as first
    ), noted as (
      insert into engine.attempt (task_run_id, attempt) select id, attempt from taken
    )
    select * from taken`)
  if (rows.length === 0) return 0
  const failureOf = ({ waited, first }: TimedRow): TaskFailure => ({
    reason: 'timeout',
    code: first ? 'TASK_NOT_STARTED' : 'TASK_TIMEOUT',
    message: first
      ? `No worker took it within ${Math.round(waited)} s. Look at the workers of its queue, its pool and its concurrency key.`
      : 'The time for all of its attempts is over.',
  })
  await completeAttempts(
    engine,
    null,
    rows.map((row) => ({
      taskRunId: row.id,
      attempt: row.attempt,
      outcome: { kind: 'failure', failure: failureOf(row) },
    })),
  )
  return rows.length
}

/** Running for too long: their workers are told with the next exchange. */
async function stopOverdue(engine: Engine): Promise<number> {
  const stopped = await engine.db.execute(sql`
    update engine.task_run set stop_reason = 'timeout', stop_requested_at = now()
    where state = 'running' and stop_reason is null
      and (schedule_to_close is not null or start_to_close is not null)
      and (now() > first_ready_at + make_interval(secs => schedule_to_close)
        or now() > started_at + make_interval(secs => start_to_close + ${graceSeconds}))`)
  if (stopped > 0) await notify(engine.db, channels.stop)
  return stopped
}
