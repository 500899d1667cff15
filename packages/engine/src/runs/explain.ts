import { type Queryable, sql } from '@millrace/db'
import type { Engine } from '../engine.ts'
import { nodeAt } from './version-graph.ts'

interface Row {
  readonly id: number
  readonly run_id: number
  readonly version_id: number
  readonly node_index: number
  readonly state: string
  readonly reason: string | null
  readonly queue: string
  readonly pool: string | null
  readonly pool_slots: number
  readonly concurrency_key: string | null
  readonly concurrency_limit: number
  readonly run_at: Date | null
  readonly ready_at: Date | null
  readonly is_due: boolean | null
  readonly items: number | null
  readonly up_success: number
  readonly up_failed: number
  readonly up_skipped: number
  readonly worker: string | null
  readonly started_at: Date | null
  readonly stop_reason: string | null
  readonly run_state: string
  readonly run_reason: string | null
}

/**
 * Says of task runs in a sentence why they are in their state and who will change it: the upstreams, the pool, the worker.
 *
 * @returns By id.
 */
export async function explainTaskRuns(engine: Engine, ids: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const { db } = engine
  const rows = await db.query<Row>(sql`
    select t.*, r.version_id, t.run_at <= now() as is_due, w.name || ' on ' || w.host as worker, r.state as run_state, r.reason as run_reason
    from engine.task_run t join engine.run r on r.id = t.run_id left join engine.worker w on w.id = t.worker_id
    where t.id = any(${ids})`)
  const waitingRuns = [...new Set(rows.filter(({ state }) => state === 'waiting').map(({ run_id }) => run_id))]
  const openUpstreams = await db.query<{ run_id: number; node_index: number; state: string }>(sql`
    select run_id, node_index, state from engine.task_run
    where run_id = any(${waitingRuns}) and map_index is null and state in ('waiting', 'ready', 'running', 'expanded')`)
  const openOf = new Map(openUpstreams.map((row) => [`${row.run_id}:${row.node_index}`, row.state]))
  const queue = rows.some(({ state }) => state === 'ready') ? await queueFacts(db) : null
  const sentences = await Promise.all(
    rows.map(async (row): Promise<[number, string]> => {
      if (row.state === 'waiting') {
        const graph = await engine.graphs.get(db, row.version_id)
        const open = (graph.upstreams[row.node_index] ?? []).flatMap((up) => {
          const state = openOf.get(`${row.run_id}:${up}`)
          return state === undefined ? [] : [`${nodeAt(graph, up).id} (${state})`]
        })
        return [row.id, `waiting for ${open.length === 0 ? 'its upstreams' : open.join(', ')}`]
      }
      return [row.id, row.state === 'ready' && queue !== null ? whyReady(row, queue) : whyOther(row)]
    }),
  )
  return new Map(sentences)
}

interface QueueFacts {
  readonly pools: ReadonlyMap<string, { readonly slots: number; readonly used: number }>
  readonly keys: ReadonlyMap<string, number>
  /** Free slots of living workers by queue. */
  readonly workers: readonly { readonly queues: readonly string[]; readonly slots: number; readonly busy: number }[]
}

async function queueFacts(db: Queryable): Promise<QueueFacts> {
  const [pools, keys, workers] = await Promise.all([
    db.query<{ name: string; slots: number; used: number }>(sql`
      select p.name, p.slots, coalesce(sum(t.pool_slots), 0)::integer as used
      from engine.pool p left join engine.task_run t on t.pool = p.name and t.state = 'running' group by p.name`),
    db.query<{ key: string; used: number }>(sql`
      select concurrency_key as key, count(*)::integer as used from engine.task_run
      where state = 'running' and concurrency_key is not null group by concurrency_key`),
    db.query<{ queues: string[]; slots: number; busy: number }>(sql`
      select w.queues, w.slots, (
        select count(*)::integer from engine.task_run t where t.worker_id = w.id and t.state = 'running'
      ) as busy
      from engine.worker w where w.ended_at is null and not w.draining and w.seen_at > now() - interval '1 minute'`),
  ])
  return {
    pools: new Map(pools.map((pool) => [pool.name, pool])),
    keys: new Map(keys.map(({ key, used }) => [key, used])),
    workers,
  }
}

function whyReady(row: Row, { pools, keys, workers }: QueueFacts): string {
  if (row.run_state === 'queued') return `its run is queued${row.run_reason === null ? '' : `: ${row.run_reason}`}`
  const since = row.ready_at === null ? '' : ` since ${row.ready_at.toISOString()}`
  if (row.is_due === false) {
    const until = row.run_at === null ? '' : ` until ${row.run_at.toISOString()}`
    return row.reason === null ? `waiting${until}` : `waiting${until}: ${row.reason}`
  }
  if (row.concurrency_key !== null) {
    const used = keys.get(row.concurrency_key) ?? 0
    if (used >= row.concurrency_limit) {
      return `waiting for key \`${row.concurrency_key}\` ${used}/${row.concurrency_limit}${since}`
    }
  }
  if (row.pool !== null) {
    const pool = pools.get(row.pool)
    if (pool === undefined)
      return `waiting for pool \`${row.pool}\`, which does not exist: create it, or deploy without it`
    if (row.pool_slots > pool.slots) {
      return `waiting for pool \`${row.pool}\`, which has ${pool.slots} slots in all, and it needs ${row.pool_slots}: enlarge the pool`
    }
    if (pool.used + row.pool_slots > pool.slots) {
      return `waiting for pool \`${row.pool}\` ${pool.used}/${pool.slots}${since}`
    }
  }
  const serving = workers.filter(({ queues }) => queues.includes(row.queue))
  if (serving.length === 0) return `waiting for a worker: none serves queue \`${row.queue}\`${since}`
  if (serving.every(({ slots, busy }) => busy >= slots)) {
    const slots = serving.reduce((sum, worker) => sum + worker.slots, 0)
    return `waiting for a worker: all ${slots} slots of queue \`${row.queue}\` are taken${since}`
  }
  return `about to be taken by a worker${since}`
}

function whyOther(row: Row): string {
  const { state, items, up_success, up_failed, up_skipped } = row
  if (state === 'running') {
    const since = row.started_at === null ? '' : ` since ${row.started_at.toISOString()}`
    return `${row.stop_reason === null ? 'running' : 'stopping'} on ${row.worker ?? 'a worker'}${since}`
  }
  if (state === 'expanded') return `${up_success + up_failed + up_skipped} of ${items} items have ended`
  return row.reason ?? state
}
