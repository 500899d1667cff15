import { sql, transaction } from '@millrace/db'
import type { Progress, TaskFailure } from '@millrace/workflow'
import type { Engine } from '../engine.ts'
import { jsonColumn } from '../json-column.ts'
import type { AttemptRef } from '../worker/worker-api.ts'
import { completeAttempts } from './complete.ts'
import { channels, notify } from './events.ts'
import { lockRuns } from './run-row.ts'

export interface LeaseAnswer {
  /** Not the worker's any more. */
  readonly lost: readonly AttemptRef[]
  readonly stop: readonly (AttemptRef & { readonly reason: 'cancelled' | 'timeout' })[]
}

/** Keeps the leases of a worker, and tells it what it lost and what it is to stop. */
export async function keepLeases(
  engine: Engine,
  workerId: string,
  running: readonly (AttemptRef & { readonly progress?: Progress | null })[],
): Promise<LeaseAnswer> {
  if (running.length === 0) return { lost: [], stop: [] }
  await extendLeases(engine, workerId, running)
  return await lookAtLeases(engine, workerId, running)
}

async function extendLeases(
  engine: Engine,
  workerId: string,
  running: readonly (AttemptRef & { readonly progress?: Progress | null })[],
): Promise<void> {
  const ids = running.map(({ taskRunId }) => taskRunId)
  const attempts = running.map(({ attempt }) => attempt)
  // A row that somebody holds is being ended this very moment; to wait for it could be to wait for each other.
  await engine.db.execute(sql`
    with mine as (
      select t.id, x.progress
      from engine.task_run t
      join unnest(
        ${ids}::bigint[], ${attempts}::integer[],
        ${running.map(({ progress }) => (progress ? jsonColumn(progress) : null))}::jsonb[]
      ) as x (id, attempt, progress) on t.id = x.id and t.attempt = x.attempt
      where t.state = 'running' and t.worker_id = ${workerId}
      for update of t skip locked
    ), kept as (
      update engine.task_run t set
        lease_until = now() + make_interval(secs => ${engine.leaseSeconds}), heartbeat_at = now(),
        progress = coalesce(mine.progress, t.progress)
      from mine where t.id = mine.id
      returning t.run_id, mine.progress is not null as is_news
    )
    select pg_notify(${channels.run}, run_id::text) from (select distinct run_id from kept where is_news) as told`)
}

/** What a worker lost or is to stop, without keeping anything: it may have gone away since it asked. */
export async function lookAtLeases(
  engine: Engine,
  workerId: string,
  running: readonly AttemptRef[],
): Promise<LeaseAnswer> {
  if (running.length === 0) return { lost: [], stop: [] }
  const ids = running.map(({ taskRunId }) => taskRunId)
  const attempts = running.map(({ attempt }) => attempt)
  const held = await engine.db.query<{ id: number; stop_reason: 'cancelled' | 'timeout' | null }>(sql`
    select t.id, t.stop_reason
    from engine.task_run t
    join unnest(${ids}::bigint[], ${attempts}::integer[]) as x (id, attempt) on t.id = x.id and t.attempt = x.attempt
    where t.state = 'running' and t.worker_id = ${workerId}`)
  const stopOf = new Map(held.map(({ id, stop_reason }) => [id, stop_reason]))
  const refs = running.map(({ taskRunId, attempt }) => ({ taskRunId, attempt }))
  return {
    lost: refs.filter(({ taskRunId }) => !stopOf.has(taskRunId)),
    stop: refs.flatMap((ref) => {
      const reason = stopOf.get(ref.taskRunId)
      return reason ? [{ ...ref, reason }] : []
    }),
  }
}

/**
 * Gives back what a worker holds that ends: no failure of the task, and no loss. What it was to stop has stopped with it.
 * Returns how many attempts there were.
 */
export async function returnLeases(engine: Engine, workerId: string): Promise<number> {
  const returned = await transaction(engine.db, async (trx) => {
    const runs = await trx.query<{ run_id: number }>(
      sql`select distinct run_id from engine.task_run where state = 'running' and worker_id = ${workerId}`,
    )
    await lockRuns(
      trx,
      runs.map(({ run_id }) => run_id),
    )
    const count = await trx.execute(sql`
      with returned as (
        update engine.task_run set
          state = 'ready', reason = 'its worker ended', worker_id = null, lease_until = null, ready_at = now(), run_at = now()
        where state = 'running' and worker_id = ${workerId} and stop_reason is null
        returning id, attempt, run_id
      ), noted as (
        update engine.attempt a set ended_at = now(), outcome = 'lost'
        from returned r where a.task_run_id = r.id and a.attempt = r.attempt
      ), told as (
        insert into engine.run_event (run_id, task_run_id, kind, data)
        select run_id, id, 'task.lost', jsonb_build_object('reason', 'its worker ended', 'attempt', attempt) from returned
      )
      select id from returned`)
    if (count > 0) await notify(trx, channels.ready)
    return count
  })
  const stopping = await engine.db.query<{ id: number; attempt: number; stop_reason: 'cancelled' | 'timeout' }>(sql`
    select id, attempt, stop_reason from engine.task_run
    where state = 'running' and worker_id = ${workerId} and stop_reason is not null`)
  await completeAttempts(
    engine,
    workerId,
    stopping.map(({ id, attempt, stop_reason }) => ({
      taskRunId: id,
      attempt,
      outcome: {
        kind: 'failure',
        failure: {
          reason: stop_reason,
          code: `TASK_${stop_reason.toUpperCase()}`,
          message: 'It was stopped with its worker.',
        },
      },
    })),
  )
  return returned + stopping.length
}

/** Ends attempts whose worker was silent for too long. Any number of processes may do this at any time. */
export async function reapLostAttempts(engine: Engine): Promise<number> {
  const lost = await engine.db.query<{
    id: number
    attempt: number
    stop_reason: string | null
    worker: string | null
    host: string | null
  }>(sql`
    select t.id, t.attempt, t.stop_reason, w.name as worker, w.host
    from engine.task_run t left join engine.worker w on w.id = t.worker_id
    where t.state = 'running' and t.lease_until < now()
    order by t.lease_until limit 500`)
  const failureOf = ({
    worker,
    host,
  }: {
    readonly worker: string | null
    readonly host: string | null
  }): TaskFailure => ({
    reason: 'lost',
    code: 'WORKER_LOST',
    message: `${worker === null ? 'Its worker' : `Worker ${worker} on ${host}`} was not heard of for more than ${engine.leaseSeconds} s.`,
    recovery: 'transient',
  })
  const settled = await completeAttempts(
    engine,
    null,
    lost.map((row) => ({
      taskRunId: row.id,
      attempt: row.attempt,
      outcome: { kind: 'failure', failure: failureOf(row) },
    })),
    { onlyExpired: true },
  )
  return settled.filter(({ accepted }) => accepted).length
}
