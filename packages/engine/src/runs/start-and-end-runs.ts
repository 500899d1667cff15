import { sql, type Trx } from '@millrace/db'
import type { Engine } from '../engine.ts'
import { addEvents, channels, notify } from './events.ts'
import type { RunRow } from './run-row.ts'

/**
 * Starts runs of a workflow that wait, as far as `maxActiveRuns` of their versions lets them: the most important and
 * oldest first. Returns those that were started.
 */
export async function startQueuedRuns(engine: Engine, trx: Trx, workflowId: number): Promise<RunRow[]> {
  // Whoever holds one of these rows is about to end that run.
  const queued = await trx.query<RunRow>(sql`
    select * from engine.run where workflow_id = ${workflowId} and state = 'queued'
    order by priority desc, id limit 1000 for update skip locked`)
  if (queued.length === 0) return []
  const limits = await Promise.all(
    queued.map(async (run) => (await engine.graphs.get(trx, run.version_id)).manifest.maxActiveRuns),
  )
  let active = 0
  if (limits.some((limit) => limit !== null)) {
    // Two that start runs of this workflow at once would each count without the other's.
    await trx.execute(sql`select 1 from engine.workflow where id = ${workflowId} for update`)
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
  for (const run of started.filter((one) => one.open_tasks === 0)) await endRunIfOver(engine, trx, run)
  return started
}

/** Ends a run that the caller holds once none of its task runs is open, and lets the next one of its workflow start. */
export async function endRunIfOver(engine: Engine, trx: Trx, run: RunRow): Promise<void> {
  const ended = await trx.maybe<RunRow>(sql`
    update engine.run set
      ended_at = now(),
      state = case when cancelled then 'cancelled' when failed_tasks > 0 then 'failed' else 'success' end
    where id = ${run.id} and open_tasks = 0 and ended_at is null
    returning *`)
  if (ended === undefined) return
  await addEvents(trx, [{ runId: run.id, kind: 'run.ended', data: { state: ended.state } }])
  await notify(trx, channels.run, String(run.id))
  await startQueuedRuns(engine, trx, run.workflow_id)
}
