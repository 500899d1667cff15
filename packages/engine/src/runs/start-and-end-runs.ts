import { sql, type Trx, transaction } from '@millrace/db'
import type { Engine } from '../engine.ts'
import { addEvents, channels, notify, notifyAll } from './events.ts'
import type { RunRow } from './run-row.ts'

/**
 * Starts runs of a workflow that wait, as far as `maxActiveRuns` of their versions lets them: the most important and
 * oldest first. Returns those that were started. Who calls it for several workflows does so in the order of their ids.
 */
export async function startQueuedRuns(engine: Engine, trx: Trx, workflowId: number): Promise<RunRow[]> {
  // Before anything is read: of two that make and end runs of this workflow at once, the later sees what the other did.
  await trx.query(sql`select from engine.workflow where id = ${workflowId} for no key update`)
  const versions = await queuedVersions(engine, trx, workflowId)
  const chosen = await chooseQueued(trx, versions)
  const started =
    chosen.length === 0
      ? []
      : await trx.query<RunRow>(sql`
    update engine.run r set
      state = 'running', reason = null, started_at = coalesce(started_at, now()),
      deadline_at = now() + make_interval(secs => x.seconds)
    from unnest(
      ${chosen.map(({ id }) => id)}::bigint[],
      ${chosen.map(({ timeoutSeconds }) => timeoutSeconds)}::float8[]
    ) as x (id, seconds)
    where r.id = x.id
    returning r.*`)
  if (versions.some(({ limit }) => limit !== null)) {
    await trx.execute(sql`
      update engine.run set reason = 'waiting for other runs of its workflow: max active runs reached'
      where id in (
        select id from engine.run where workflow_id = ${workflowId} and state = 'queued' and reason is null
        for no key update skip locked
      )`)
  }
  if (started.length === 0) return []
  const ids = started.map(({ id }) => id)
  await trx.execute(sql`
    update engine.task_run set run_at = now(), ready_at = now(), first_ready_at = coalesce(first_ready_at, now())
    where run_id = any(${ids}) and state = 'ready' and run_at is null`)
  await addEvents(
    trx,
    ids.map((id) => ({ runId: id, kind: 'run.started' as const })),
  )
  await notifyAll(trx, [
    { channel: channels.ready, payload: '' },
    ...ids.map((id) => ({ channel: channels.run, payload: String(id) })),
  ])
  const isOver = await Promise.all(started.map(async (run) => run.open_tasks === 0 && (await endRunIfOver(trx, run))))
  if (isOver.includes(true)) await startQueuedRuns(engine, trx, workflowId)
  return started
}

interface QueuedVersion {
  readonly id: number
  /** At most so many runs of it can start now. */
  readonly room: number
  /** `maxActiveRuns`, which counts the runs of all versions; null: any number. */
  readonly limit: number | null
  readonly active: number
  readonly timeoutSeconds: number | null
}

/** Versions that have runs in the queue. However long the queue is, it is not read for this. */
async function queuedVersions(engine: Engine, trx: Trx, workflowId: number): Promise<QueuedVersion[]> {
  const queued = await trx.query<{ id: number; active: number }>(sql`
    select v.id, (
      select count(*) from engine.run where workflow_id = ${workflowId} and state = 'running'
    ) as active
    from engine.workflow_version v
    where v.workflow_id = ${workflowId}
      and exists (select from engine.run r where r.version_id = v.id and r.state = 'queued')`)
  const versions: QueuedVersion[] = []
  for (const { id, active } of queued) {
    const { maxActiveRuns: limit, runTimeoutSeconds: timeoutSeconds } = (await engine.graphs.get(trx, id)).manifest
    const room = limit === null ? mostAtOnce : Math.min(Math.max(limit - active, 0), mostAtOnce)
    versions.push({ id, room, limit, active, timeoutSeconds })
  }
  return versions
}

const mostAtOnce = 1000

/** The most important and oldest, as far as the limits of their versions go. */
async function chooseQueued(
  trx: Trx,
  versions: readonly QueuedVersion[],
): Promise<{ readonly id: number; readonly timeoutSeconds: number | null }[]> {
  const [first] = versions
  if (first === undefined || versions.every(({ room }) => room === 0)) return []
  // Whoever holds one of these rows is about to end that run, or the scheduler finds it later.
  const candidates = await trx.query<{ id: number; version_id: number }>(sql`
    select r.id, r.version_id
    from unnest(${versions.map(({ id }) => id)}::bigint[], ${versions.map(({ room }) => room)}::integer[]) as v (id, room)
    cross join lateral (
      select id, version_id, priority from engine.run
      where version_id = v.id and state = 'queued'
      order by priority desc, id limit v.room
      for no key update skip locked
    ) r
    order by r.priority desc, r.id limit ${mostAtOnce}`)
  const versionOf = new Map(versions.map((version) => [version.id, version]))
  let { active } = first
  return candidates.flatMap(({ id, version_id }) => {
    const { limit = null, timeoutSeconds = null } = versionOf.get(version_id) ?? {}
    if (limit !== null && active >= limit) return []
    active += 1
    return [{ id, timeoutSeconds }]
  })
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
