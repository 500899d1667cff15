import { sql, type Trx } from '@millrace/db'
import { type Decision, decide, type TaskRunState } from '@millrace/workflow'
import type { Engine } from '../engine.ts'
import type { FailedNode } from '../failure-events/enqueue-failures.ts'
import { concurrencyKey } from './concurrency-key.ts'
import type { NewRunEvent } from './events.ts'
import { expandItems } from './expand-items.ts'
import { isOver } from './lifecycle.ts'
import type { NodeRow } from './node-row.ts'
import type { RunRow } from './run-row.ts'
import { nodeAt, type VersionGraph } from './version-graph.ts'

/** A node that has just ended, or an item of one. */
export interface EndedTask {
  readonly place: number
  /** Of an item: the row of its node. */
  readonly parentId: number | null
  readonly state: TaskRunState
  /** Ids of the downstreams a branch chose; null when it is none. */
  readonly choice: readonly string[] | null
}

/** What ended and became ready by itself, besides the tasks that ended before. */
export interface Advance {
  /** Rows that are not over any more or yet: added less ended. */
  readonly openChange: number
  /** Nodes that failed by it: mapped ones. */
  readonly failed: readonly FailedNode[]
  readonly becameReady: boolean
  readonly events: readonly NewRunEvent[]
}

type Counter = 'up_success' | 'up_failed' | 'up_skipped'

/**
 * Follows the graph from tasks that ended to what they decide: downstreams become ready, are skipped or given up, spacers
 * pass, mapped nodes get their items and end with them; and again from what ended by that. The caller holds the run's row.
 *
 * @param look Places of nodes that wait and may be decided already.
 * @param leftOut Places of `look` that a branch did not choose, with the id of the branch.
 */
export async function advance(
  engine: Engine,
  trx: Trx,
  run: RunRow,
  graph: VersionGraph,
  {
    ended = [],
    look = [],
    leftOut = new Map(),
  }: {
    readonly ended?: readonly EndedTask[]
    readonly look?: readonly number[]
    readonly leftOut?: ReadonlyMap<number, string>
  },
): Promise<Advance> {
  const rows = new Map<number, NodeRow>()
  const changed = new Set<NodeRow>()
  const events: NewRunEvent[] = []
  let openChange = 0
  const failed: FailedNode[] = []
  let becameReady = false
  /** Of nodes that did not succeed, by place: what began it, as far as this pass saw it. */
  const causes = new Map<number, string>()
  const end = (row: NodeRow, state: TaskRunState, reason: string | null) => {
    row.state = state
    row.reason = reason
    changed.add(row)
    openChange -= 1
    if (state === 'failed') failed.push({ taskRunId: row.id, place: row.node_index })
    events.push({
      runId: run.id,
      taskRunId: row.id,
      kind: 'task.ended',
      data: { state, ...(reason ? { reason } : {}) },
    })
    return { place: row.node_index, parentId: null, state, choice: null }
  }

  let frontier: readonly EndedTask[] = ended
  let places: readonly number[] = look
  while (frontier.length > 0 || places.length > 0) {
    const after = frontier.flatMap(({ place, parentId }) =>
      parentId === null ? (graph.downstreams[place] ?? []) : [place],
    )
    await loadRows(trx, run, rows, [...new Set([...places, ...after])])
    const next: EndedTask[] = []
    const touched = new Set(places.flatMap((place) => rows.get(place) ?? []))
    places = []
    for (const task of frontier) {
      if (task.parentId !== null) {
        const parent = rows.get(task.place)
        if (parent === undefined || parent.state !== 'expanded') continue
        parent[counterOf(task.state)] += 1
        changed.add(parent)
        touched.add(parent)
        continue
      }
      for (const place of graph.downstreams[task.place] ?? []) {
        const row = rows.get(place)
        if (row === undefined || row.state !== 'waiting') continue
        const counter = counterOf(task.state)
        row[counter] += 1
        const cause =
          counter === 'up_failed'
            ? (causeOf(task.state, nodeAt(graph, task.place).id) ?? causes.get(task.place))
            : undefined
        if (cause !== undefined && !causes.has(place)) causes.set(place, cause)
        changed.add(row)
        if (task.choice !== null && !task.choice.includes(nodeAt(graph, place).id)) {
          next.push(end(row, 'skipped', `not chosen by ${nodeAt(graph, task.place).id}`))
        } else {
          touched.add(row)
        }
      }
    }
    for (const row of touched) {
      const node = nodeAt(graph, row.node_index)
      const source = graph.mapOver[row.node_index] ?? null
      if (row.state === 'expanded') {
        const done = row.up_success + row.up_failed + row.up_skipped
        if (done === row.items) {
          const reason = row.up_failed === 0 ? null : `${row.up_failed} of ${row.items} items did not succeed`
          next.push(end(row, reason === null ? 'success' : run.cancelled ? 'cancelled' : 'failed', reason))
        }
        continue
      }
      if (row.state !== 'waiting') continue
      const branch = leftOut.get(row.node_index)
      if (branch !== undefined) {
        next.push(end(row, 'skipped', `not chosen by ${branch}`))
        continue
      }
      const decision = decide(node.options.triggerRule, {
        total: graph.upstreams[row.node_index]?.length ?? 0,
        success: row.up_success,
        failed: row.up_failed,
        skipped: row.up_skipped,
      })
      if (decision === 'wait') continue
      if (decision !== 'run') {
        next.push(
          end(
            row,
            decision === 'skip' ? 'skipped' : 'upstream_failed',
            refusal(decision, row, causes.get(row.node_index)),
          ),
        )
      } else if (node.kind === 'spacer') {
        next.push(end(row, 'success', null))
      } else if (source !== null) {
        // A rule may let it run before what it is mapped over has ended; it is looked at again then.
        await loadRows(trx, run, rows, [source])
        if (!isOver(rows.get(source)?.state ?? 'waiting')) continue
        const expansion = await expandItems(engine, trx, run, graph, row)
        if (expansion.items > 0) {
          row.state = 'expanded'
          row.items = expansion.items
          row.up_success = 0
          row.up_failed = 0
          row.up_skipped = 0
          openChange += expansion.items
          becameReady = true
          changed.add(row)
          events.push({ runId: run.id, taskRunId: row.id, kind: 'task.expanded', data: { items: expansion.items } })
        } else {
          next.push(
            end(row, expansion.problem === null ? 'skipped' : 'failed', expansion.problem ?? 'nothing to map over'),
          )
        }
      } else {
        row.state = 'ready'
        row.concurrency_key = concurrencyKey(graph, row.node_index, run, null)
        changed.add(row)
        becameReady = true
        events.push({ runId: run.id, taskRunId: row.id, kind: 'task.ready' })
      }
    }
    frontier = next
  }
  await writeRows(trx, [...changed])
  return { openChange, failed, becameReady, events }
}

function counterOf(state: TaskRunState): Counter {
  if (state === 'success') return 'up_success'
  return state === 'skipped' ? 'up_skipped' : 'up_failed'
}

/** What a failure says to all that comes after it; undefined where the failure is further up. */
function causeOf(state: TaskRunState, node: string): string | undefined {
  if (state === 'failed') return `it needs ${node}, which failed`
  return state === 'cancelled' ? `it needs ${node}, which was cancelled` : undefined
}

function refusal(decision: Decision, { up_failed, up_skipped, up_success }: NodeRow, cause?: string): string {
  if (decision === 'upstream_failed') {
    return up_failed === 1 && cause !== undefined ? cause : `${up_failed} of its upstreams failed`
  }
  return `its trigger rule is not met: of its upstreams ${up_success} succeeded, ${up_failed} failed, ${up_skipped} were skipped`
}

async function loadRows(trx: Trx, run: RunRow, rows: Map<number, NodeRow>, places: readonly number[]): Promise<void> {
  const missing = places.filter((place) => !rows.has(place))
  if (missing.length === 0) return
  const found = await trx.query<NodeRow>(sql`
    select id, node_index, state, reason, up_success, up_failed, up_skipped, items, concurrency_key
    from engine.task_run
    where run_id = ${run.id} and node_index = any(${missing}) and map_index is null`)
  for (const row of found) rows.set(row.node_index, row)
}

async function writeRows(trx: Trx, rows: readonly NodeRow[]): Promise<void> {
  if (rows.length === 0) return
  await trx.execute(sql`
    update engine.task_run t set
      state = c.state, reason = c.reason, items = c.items, concurrency_key = c.concurrency_key,
      up_success = c.up_success, up_failed = c.up_failed, up_skipped = c.up_skipped,
      ready_at = case when c.state = 'ready' then now() else t.ready_at end,
      first_ready_at = case when c.state = 'ready' then coalesce(t.first_ready_at, now()) else t.first_ready_at end,
      run_at = case when c.state = 'ready' then now() else t.run_at end,
      started_at = case when c.state = 'expanded' then coalesce(t.started_at, now()) else t.started_at end,
      ended_at = case when c.state in ('success', 'failed', 'skipped', 'upstream_failed', 'cancelled') then now() end
    from unnest(
      ${rows.map((row) => row.id)}::bigint[],
      ${rows.map((row) => row.state)}::text[],
      ${rows.map((row) => row.reason)}::text[],
      ${rows.map((row) => row.items)}::integer[],
      ${rows.map((row) => row.concurrency_key)}::text[],
      ${rows.map((row) => row.up_success)}::integer[],
      ${rows.map((row) => row.up_failed)}::integer[],
      ${rows.map((row) => row.up_skipped)}::integer[]
    ) as c (id, state, reason, items, concurrency_key, up_success, up_failed, up_skipped)
    where t.id = c.id`)
}
