import { DataError } from '@millrace/core'
import { sql, type Trx, transaction } from '@millrace/db'
import type { Json, TaskRunState } from '@millrace/workflow'
import type { Engine } from '../engine.ts'
import { enqueueFailures } from '../failure-events/enqueue-failures.ts'
import { advance } from './advance.ts'
import { addEvents, channels, notify } from './events.ts'
import { isOver } from './lifecycle.ts'
import { lockRun, type RunRow, readRun } from './run-row.ts'
import { endRunIfOver, startQueuedRuns } from './start-and-end-runs.ts'
import { nodeAt, placeOf, reachable, type VersionGraph } from './version-graph.ts'

export interface ClearRequest {
  /** Node ids, or none to clear what did not succeed. */
  readonly nodes?: readonly string[]
  /** Also everything after them. Default true. */
  readonly downstream?: boolean
}

/**
 * Has nodes of a run done again, in the same version and with the same parameters: by default those that failed, were
 * cancelled or given up, and whatever comes after them. What succeeded elsewhere stays, with its output. The run is open
 * again until they end.
 *
 * @throws DataError `TASK_RUN_ACTIVE` when one of them is running: cancel it first; `RUN_STOPPING`, `NODE_MISSING`
 */
export async function clearTasks(engine: Engine, runId: number, request: ClearRequest = {}): Promise<RunRow> {
  return await transaction(engine.db, async (trx) => await clearTasksWithin(engine, trx, runId, request))
}

/** The same within a transaction of the caller's. */
export async function clearTasksWithin(
  engine: Engine,
  trx: Trx,
  runId: number,
  request: ClearRequest = {},
): Promise<RunRow> {
  const run = await lockOpenRun(trx, runId)
  const graph = await engine.graphs.get(trx, run.version_id)
  // Held, so that no worker takes one of them meanwhile.
  const rows = await trx.query<{ node_index: number; map_index: number | null; state: TaskRunState }>(sql`
    select node_index, map_index, state from engine.task_run
    where run_id = ${run.id} and (map_index is null or state in ('ready', 'running')) for no key update`)
  const roots =
    request.nodes?.map((id) => placeOf(graph, id)) ??
    rows
      .filter(
        ({ state, map_index }) => map_index === null && isOver(state) && state !== 'success' && state !== 'skipped',
      )
      .map((row) => row.node_index)
  const places = new Set([...roots, ...(request.downstream === false ? [] : reachable(graph.downstreams, roots))])
  const active = rows.find((row) => row.state === 'running' && places.has(row.node_index))
  if (active !== undefined) {
    throw new DataError('TASK_RUN_ACTIVE', {
      message: `Task ${nodeAt(graph, active.node_index).id} of run ${run.id} is running. Cancel the run, or wait until the task ends.`,
    })
  }
  if (places.size === 0) return run
  await reset(trx, run, graph, [...places])
  return await reopen(engine, trx, run, graph)
}

export interface MarkRequest {
  readonly node: string
  readonly state: 'success' | 'failed' | 'skipped'
  readonly note?: string
}

/**
 * Says that a node ended in a way it did not; a running attempt of it is stopped and its result dropped. What comes after it
 * and never ran is decided anew.
 *
 * @throws DataError `RUN_STOPPING`, `NODE_MISSING`
 */
export async function markTask(engine: Engine, runId: number, request: MarkRequest): Promise<RunRow> {
  return await transaction(engine.db, async (trx) => await markTaskWithin(engine, trx, runId, request))
}

/** The same within a transaction of the caller's. */
export async function markTaskWithin(engine: Engine, trx: Trx, runId: number, request: MarkRequest): Promise<RunRow> {
  const run = await lockOpenRun(trx, runId)
  const graph = await engine.graphs.get(trx, run.version_id)
  const place = placeOf(graph, request.node)
  const reason = `marked as ${request.state}${request.note === undefined ? '' : `: ${request.note}`}`
  const row = await trx.one<{ id: number; state: TaskRunState }>(sql`
    select id, state from engine.task_run where run_id = ${run.id} and node_index = ${place} and map_index is null for no key update`)
  // Held, so that no worker takes one of its items meanwhile.
  await trx.query(
    sql`select id from engine.task_run where parent_id = ${row.id} and state in ('ready', 'running') for no key update`,
  )
  await trx.execute(sql`
    update engine.attempt a set ended_at = now(), outcome = 'cancelled'
    from engine.task_run t
    where (t.id = ${row.id} or t.parent_id = ${row.id}) and t.state = 'running' and a.task_run_id = t.id and a.attempt = t.attempt`)
  await trx.execute(sql`
    update engine.task_run set state = 'cancelled', reason = ${reason}, worker_id = null, lease_until = null, ended_at = now()
    where parent_id = ${row.id} and state in ('ready', 'running')`)
  await trx.execute(sql`
    update engine.task_run set
      state = ${request.state}, reason = ${reason}, worker_id = null, lease_until = null, ended_at = now()
    where id = ${row.id}`)
  await addEvents(trx, [
    { runId: run.id, taskRunId: row.id, kind: 'task.marked', data: { state: request.state, reason } },
  ])
  await notify(trx, channels.stop)
  // Downstreams that had been given up because of it are decided anew; those that ran stay.
  const givenUp = await trx.query<{ node_index: number }>(sql`
    select node_index from engine.task_run
    where run_id = ${run.id} and node_index = any(${[...reachable(graph.downstreams, [place])]})
      and map_index is null and started_at is null and state in ('waiting', 'upstream_failed', 'skipped', 'cancelled')`)
  await reset(
    trx,
    run,
    graph,
    givenUp.map((one) => one.node_index),
  )
  return await reopen(engine, trx, run, graph)
}

/** A run that is being cancelled has an end to come to first. */
async function lockOpenRun(trx: Trx, id: number): Promise<RunRow> {
  const run = await lockRun(trx, id)
  if (!run.cancelled || isOver(run.state)) return run
  throw new DataError('RUN_STOPPING', {
    message: `Run ${id} is being stopped (${run.reason ?? 'cancelled'}), and some of its tasks still run. Try again once it is over.`,
    details: { run: id },
  })
}

/** Back to `waiting`, as if they had never been decided; the number of the attempt goes on, since it is the fence. */
async function reset(trx: Trx, run: RunRow, graph: VersionGraph, places: readonly number[]): Promise<void> {
  if (places.length === 0) return
  await trx.execute(sql`
    delete from engine.task_run where run_id = ${run.id} and node_index = any(${places}) and map_index is not null`)
  await trx.execute(sql`
    delete from engine.task_output o using engine.task_run t
    where o.task_run_id = t.id and t.run_id = ${run.id} and t.node_index = any(${places})`)
  const rows = await trx.query<{ id: number }>(sql`
    update engine.task_run set
      state = 'waiting', reason = null, items = null, failures = 0, losses = 0, up_success = 0, up_failed = 0, up_skipped = 0,
      ready_at = null, first_ready_at = null, run_at = null, started_at = null, ended_at = null, progress = null, deferred = null,
      stop_reason = null, stop_requested_at = null
    where run_id = ${run.id} and node_index = any(${places}) and map_index is null
    returning id`)
  await addEvents(
    trx,
    rows.map(({ id }) => ({ runId: run.id, taskRunId: id, kind: 'task.cleared' as const })),
  )
  // What ended before and stays is counted again by those that wait, cleared now or never decided.
  const all = await trx.query<{ node_index: number; state: TaskRunState }>(sql`
    select node_index, state from engine.task_run where run_id = ${run.id} and map_index is null`)
  const stateOf = new Map(all.map((row) => [row.node_index, row.state]))
  const counts = all
    .filter(({ state }) => state === 'waiting')
    .map(({ node_index: place }) => {
      const states = (graph.upstreams[place] ?? []).flatMap((up) => stateOf.get(up) ?? []).filter(isOver)
      const success = states.filter((state) => state === 'success').length
      const skipped = states.filter((state) => state === 'skipped').length
      return { place, success, skipped, failed: states.length - success - skipped }
    })
  await trx.execute(sql`
    update engine.task_run t set up_success = c.success, up_failed = c.failed, up_skipped = c.skipped
    from unnest(
      ${counts.map(({ place }) => place)}::integer[], ${counts.map(({ success }) => success)}::integer[],
      ${counts.map(({ failed }) => failed)}::integer[], ${counts.map(({ skipped }) => skipped)}::integer[]
    ) as c (place, success, failed, skipped)
    where t.run_id = ${run.id} and t.node_index = c.place and t.map_index is null`)
}

/** Nodes that a branch which succeeded did not choose, with its id. */
async function leftOutBy(trx: Trx, run: RunRow, graph: VersionGraph): Promise<ReadonlyMap<number, string>> {
  const branches = graph.nodes.flatMap((node, place) => (node.branch ? [place] : []))
  if (branches.length === 0) return new Map()
  const chosen = await trx.query<{ node_index: number; output: Json }>(sql`
    select t.node_index, o.value as output
    from engine.task_run t join engine.task_output o on o.task_run_id = t.id
    where t.run_id = ${run.id} and t.node_index = any(${branches}) and t.map_index is null and t.state = 'success'`)
  return new Map(
    chosen.flatMap(({ node_index, output }) =>
      (graph.downstreams[node_index] ?? []).flatMap((place): [number, string][] =>
        Array.isArray(output) && !output.includes(nodeAt(graph, place).id)
          ? [[place, nodeAt(graph, node_index).id]]
          : [],
      ),
    ),
  )
}

/** Decides what waits, counts what is open, and starts the run again or ends it. */
async function reopen(engine: Engine, trx: Trx, run: RunRow, graph: VersionGraph): Promise<RunRow> {
  const wasOver = isOver(run.state)
  const open = await trx.one<RunRow>(sql`
    update engine.run r set
      state = case when ended_at is null then state else 'queued' end,
      deadline_at = case when ended_at is null then deadline_at end,
      cancelled = false, timed_out = false, reason = null, ended_at = null
    where id = ${run.id} returning *`)
  const waiting = await trx.query<{ node_index: number }>(
    sql`select node_index from engine.task_run where run_id = ${run.id} and state = 'waiting'`,
  )
  const { events, failed } = await advance(engine, trx, open, graph, {
    look: waiting.map((row) => row.node_index),
    leftOut: await leftOutBy(trx, run, graph),
  })
  const counted = await trx.one<RunRow>(sql`
    update engine.run set
      open_tasks = (
        select count(*) from engine.task_run
        where run_id = ${run.id} and state in ('waiting', 'ready', 'running', 'expanded')
      ),
      failed_tasks = (
        select count(*) from engine.task_run where run_id = ${run.id} and map_index is null and state = 'failed'
      )
    where id = ${run.id} returning *`)
  await addEvents(trx, [...(wasOver ? [{ runId: run.id, kind: 'run.reopened' as const }] : []), ...events])
  await enqueueFailures(engine, trx, run.id, graph, failed)
  if (counted.open_tasks === 0) {
    await endRunIfOver(trx, counted)
    await startQueuedRuns(engine, trx, run.workflow_id)
  } else if (open.state === 'queued') {
    await trx.execute(sql`update engine.task_run set run_at = null where run_id = ${run.id} and state = 'ready'`)
    await startQueuedRuns(engine, trx, run.workflow_id)
  } else {
    await notify(trx, channels.ready)
  }
  await notify(trx, channels.run, String(run.id))
  return await readRun(trx, run.id)
}
