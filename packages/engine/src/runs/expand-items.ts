import { isMillraceError } from '@millrace/core'
import { sql, type Trx } from '@millrace/db'
import type { Json } from '@millrace/workflow'
import type { Engine } from '../engine.ts'
import { jsonColumn } from '../json-column.ts'
import { concurrencyKey } from './concurrency-key.ts'
import type { NodeRow } from './node-row.ts'
import { nodeOutput } from './outputs.ts'
import type { RunRow } from './run-row.ts'
import { nodeAt, type VersionGraph } from './version-graph.ts'

/** More than this is a table, not a list of tasks. */
export const maxItems = 100_000

/** Makes a row for each element of the output that a node is mapped over. No items is no problem: there is nothing to do. */
export async function expandItems(
  engine: Engine,
  trx: Trx,
  run: RunRow,
  graph: VersionGraph,
  row: NodeRow,
): Promise<{ readonly items: number; readonly problem: string | null }> {
  const node = nodeAt(graph, row.node_index)
  const from = graph.mapOver[row.node_index]
  if (from === null || from === undefined) return { items: 0, problem: 'it is not mapped over anything' }
  const source = nodeAt(graph, from).id
  let output: Json
  try {
    output = await nodeOutput(engine, trx, run.id, from)
  } catch (error) {
    // Another try does not bring it back, and must not keep the results of others from being taken.
    if (!(isMillraceError(error) && error.code === 'ARTIFACT_MISSING')) throw error
    return { items: 0, problem: `the output of ${source} is gone: ${error.message}` }
  }
  if (output === null) return { items: 0, problem: null }
  if (!Array.isArray(output))
    return { items: 0, problem: `the output of ${source} is no list, so it cannot be mapped over` }
  if (output.length > maxItems) {
    return { items: 0, problem: `${source} gave ${output.length} items; a node can be mapped over ${maxItems} at most` }
  }
  const items = output as readonly Json[]
  const { timeouts } = node.options
  await trx.execute(sql`
    insert into engine.task_run (
      run_id, node_index, map_index, parent_id, state, item, queue, priority, pool, pool_slots,
      concurrency_key, concurrency_limit, schedule_to_start, start_to_close, schedule_to_close,
      ready_at, first_ready_at, run_at
    )
    select
      ${run.id}, ${row.node_index}, x.index - 1, ${row.id}, 'ready', x.item,
      ${node.options.queue}, ${node.options.priority + run.priority}, ${node.options.pool}::text, ${node.options.poolSlots},
      x.key, ${node.options.concurrencyLimit}, ${timeouts.scheduleToStartSeconds}::float8,
      ${timeouts.startToCloseSeconds}::float8, ${timeouts.scheduleToCloseSeconds}::float8, now(), now(), now()
    from unnest(
      ${items.map(jsonColumn)}::jsonb[],
      ${items.map((item) => concurrencyKey(graph, row.node_index, run, item))}::text[]
    ) with ordinality as x (item, key, index)`)
  return { items: items.length, problem: null }
}
