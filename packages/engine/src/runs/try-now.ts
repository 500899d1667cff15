import { DataError } from '@millrace/core'
import { sql, type Trx, transaction } from '@millrace/db'
import type { TaskRunState } from '@millrace/workflow'
import type { Engine } from '../engine.ts'
import { addEvents, channels, notify } from './events.ts'
import { lockRun, type RunRow, readRun } from './run-row.ts'
import { nodeAt, placeOf, type VersionGraph } from './version-graph.ts'

export interface TryNowRequest {
  /** Only this node, with all of its items when it is mapped. Default: everything of the run that waits for its time. */
  readonly node?: string
  /** Only this item of the node, from 0. */
  readonly mapIndex?: number
}

/**
 * Has what waits for its next try claimed at once: the pause before a retry, or before a deferred task looks again, is over.
 * The try counts like any other. Pools, keys and workers hold as for everything that is ready.
 *
 * @throws DataError `TASK_NOT_PAUSED` when nothing of it waits for its time; `NODE_MISSING`, `RUN_MISSING`
 */
export async function tryNow(engine: Engine, runId: number, request: TryNowRequest = {}): Promise<RunRow> {
  return await transaction(engine.db, async (trx) => await tryNowWithin(engine, trx, runId, request))
}

/** The same within a transaction of the caller's. */
export async function tryNowWithin(
  engine: Engine,
  trx: Trx,
  runId: number,
  request: TryNowRequest = {},
): Promise<RunRow> {
  const run = await lockRun(trx, runId)
  const graph = await engine.graphs.get(trx, run.version_id)
  const place = request.node === undefined ? null : placeOf(graph, request.node)
  const item = request.mapIndex ?? null
  // By the clock and not by the beginning of the transaction, which may have waited for another that did the same.
  const rows = await trx.query<{ id: number }>(sql`
    update engine.task_run set ready_at = now(), run_at = now()
    where run_id = ${run.id} and state = 'ready' and run_at > clock_timestamp()
      and (${place}::integer is null or node_index = ${place}) and (${item}::integer is null or map_index = ${item})
    returning id`)
  if (rows.length === 0) throw await notPaused(trx, run, graph, place, item)
  const reason = 'to be tried now, by request'
  await addEvents(
    trx,
    rows.map(({ id }) => ({ runId: run.id, taskRunId: id, kind: 'task.ready', data: { reason } })),
  )
  await notify(trx, channels.ready)
  await notify(trx, channels.run, String(run.id))
  return await readRun(trx, run.id)
}

async function notPaused(
  trx: Trx,
  run: RunRow,
  graph: VersionGraph,
  place: number | null,
  item: number | null,
): Promise<DataError> {
  const code = 'TASK_NOT_PAUSED'
  if (place === null) {
    return new DataError(code, {
      message: `No task of run ${run.id} waits for its next try. "millrace runs show ${run.id}" says what each waits for.`,
      details: { run: run.id },
    })
  }
  const { id: node } = nodeAt(graph, place)
  const name = item === null ? node : `${node}[${item}]`
  const row = await trx.maybe<{ state: TaskRunState }>(sql`
    select state from engine.task_run
    where run_id = ${run.id} and node_index = ${place} and map_index is not distinct from ${item}::integer`)
  return new DataError(code, {
    message:
      row === undefined
        ? `Task ${node} of run ${run.id} has no item ${item}.`
        : `Task ${name} of run ${run.id} does not wait for a next try: it is ${stateWords[row.state]}.`,
    details: { run: run.id, node, ...(row === undefined ? {} : { state: row.state }) },
  })
}

const stateWords: Readonly<Record<TaskRunState, string>> = {
  waiting: 'waiting for tasks before it',
  ready: 'in the queue, to be taken by a worker as soon as there is room',
  running: 'running',
  expanded: 'expanded, and none of its items waits for one',
  success: 'over, with success. To do it again, clear it',
  failed: 'over, as failed. To do it again, retry or clear it',
  skipped: 'over, as skipped. To do it again, clear it',
  upstream_failed: 'over, since tasks before it failed. To do it again, retry the run',
  cancelled: 'over, as cancelled. To do it again, retry or clear it',
}
