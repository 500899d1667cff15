import { sql, type Trx, transaction } from '@millrace/db'
import type { Engine } from '../engine.ts'
import { addEvents, channels, notify } from './events.ts'
import type { RunRow } from './run-row.ts'

/**
 * Starts runs of a workflow that wait, as far as `maxActiveRuns` of their versions lets them: the most important and
 * oldest first. Returns those that were started. Who calls it for several workflows does so in the order of their ids.
 */
export async function startQueuedRuns(engine: Engine, trx: Trx, workflowId: number): Promise<RunRow[]> {
  // Before anything is read: of two that make and end runs of this workflow at once, the later sees what the other did.
  await trx.query(sql`select from engine.workflow where id = ${workflowId} for no key update`)
  // Whoever holds one of these rows is about to end that run, or the scheduler finds it later.
  const queued = await trx.query<RunRow>(sql`
    select * from engine.run where workflow_id = ${workflowId} and state = 'queued'
    order by priority desc, id limit 1000 for no key update skip locked`)
  if (queued.length === 0) return []
  const limits = await Promise.all(
    queued.map(async (run) => (await engine.graphs.get(trx, run.version_id)).manifest.maxActiveRuns),
  )
  let active = 0
  if (limits.some((limit) => limit !== null)) {
    const running = await trx.one<{ count: number }>(
      sql`select count(*) as count from engine.run where workflow_id = ${workflowId} and state = 'running'`,
    )
    active = running.count
  }
  const chosen = queued.filter((_, index) => {
    const limit = limits[index] ?? null
    if (limit !== null && active >= limit) return false
    active += 1
    return true
  })
  const waiting = queued.filter((run) => !chosen.includes(run) && run.reason === null)
  if (waiting.length > 0) {
    await trx.execute(sql`
      update engine.run set reason = 'waiting for other runs of its workflow: max active runs reached'
      where id = any(${waiting.map(({ id }) => id)})`)
  }
  if (chosen.length === 0) return []
  const deadlines = await Promise.all(
    chosen.map(async (run) => (await engine.graphs.get(trx, run.version_id)).manifest.runTimeoutSeconds),
  )
  const started = await trx.query<RunRow>(sql`
    update engine.run r set
      state = 'running', reason = null, started_at = coalesce(started_at, now()),
      deadline_at = now() + make_interval(secs => x.seconds)
    from unnest(${chosen.map(({ id }) => id)}::bigint[], ${deadlines}::float8[]) as x (id, seconds)
    where r.id = x.id
    returning r.*`)
  const ids = started.map(({ id }) => id)
  await trx.execute(sql`
    update engine.task_run set run_at = now(), ready_at = now(), first_ready_at = coalesce(first_ready_at, now())
    where run_id = any(${ids}) and state = 'ready' and run_at is null`)
  await addEvents(
    trx,
    ids.map((id) => ({ runId: id, kind: 'run.started' as const })),
  )
  await notify(trx, channels.ready)
  const isOver = await Promise.all(started.map(async (run) => run.open_tasks === 0 && (await endRunIfOver(trx, run))))
  if (isOver.includes(true)) await startQueuedRuns(engine, trx, workflowId)
  return started
}

/** Starts runs that an earlier moment missed, because somebody held their rows just then. Returns how many. */
export async function startForgottenRuns(engine: Engine): Promise<number> {
  const workflows = await engine.db.query<{ workflow_id: number }>(sql`
    with queued as (select distinct workflow_id, version_id from engine.run where state = 'queued')
    select distinct q.workflow_id
    from queued q join engine.workflow_version v on v.id = q.version_id
    where v.manifest ->> 'maxActiveRuns' is null or (v.manifest ->> 'maxActiveRuns')::integer > (
      select count(*) from engine.run r where r.workflow_id = q.workflow_id and r.state = 'running'
    )
    order by q.workflow_id limit 100`)
  let started = 0
  for (const { workflow_id } of workflows) {
    started += await transaction(engine.db, async (trx) => (await startQueuedRuns(engine, trx, workflow_id)).length)
  }
  return started
}

/**
 * Ends a run that the caller holds once none of its task runs is open. When it did, the caller lets the next one of the
 * workflow start.
 */
export async function endRunIfOver(trx: Trx, run: RunRow): Promise<boolean> {
  const ended = await trx.maybe<RunRow>(sql`
    update engine.run set
      ended_at = now(),
      state = case
        when cancelled and not timed_out then 'cancelled'
        when cancelled or failed_tasks > 0 then 'failed'
        -- What was given up and never cleared, or stopped alone.
        when exists (
          select from engine.task_run t
          where t.run_id = ${run.id} and t.map_index is null and t.state in ('upstream_failed', 'cancelled')
        ) then 'failed'
        else 'success' end
    where id = ${run.id} and open_tasks = 0 and ended_at is null
    returning *`)
  if (ended === undefined) return false
  await addEvents(trx, [{ runId: run.id, kind: 'run.ended', data: { state: ended.state } }])
  await notify(trx, channels.run, String(run.id))
  if (run.backfill_id !== null) await notify(trx, channels.scheduler)
  return true
}
