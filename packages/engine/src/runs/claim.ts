import { type Queryable, type Sql, sql, transaction } from '@millrace/db'
import type { AttemptSpec, Json } from '@millrace/workflow'
import type { Engine } from '../engine.ts'
import { runOfSpec } from './run-of-spec.ts'
import type { RunRow } from './run-row.ts'
import { nodeAt, reachable, type VersionGraph } from './version-graph.ts'

export interface ClaimRequest {
  readonly workerId: string
  readonly queues: readonly string[]
  /** At most so many. */
  readonly limit: number
}

interface ClaimedRow
  extends Pick<
    RunRow,
    | 'version_id'
    | 'trigger'
    | 'params'
    | 'variables'
    | 'logical_date'
    | 'data_interval_start'
    | 'data_interval_end'
    | 'traceparent'
  > {
  readonly id: number
  readonly attempt: number
  readonly run_id: number
  readonly node_index: number
  readonly map_index: number | null
  readonly item: Json
  readonly deferred: Json
}

/**
 * Gives a worker attempts to run, the most important and oldest first. From here on they are the worker's, as long as it
 * keeps their leases; the lease is counted by the clock of the database.
 */
export async function claimTasks(engine: Engine, request: ClaimRequest): Promise<AttemptSpec[]> {
  if (request.limit < 1) return []
  const free = await engine.db.query<ClaimedRow>(take(engine, request, freeTasks(request)))
  const limited = free.length < request.limit ? await claimLimited(engine, request, request.limit - free.length) : []
  return await Promise.all([...free, ...limited].map((row) => attemptSpec(engine, row)))
}

/** What neither takes slots of a pool nor has a key: several workers may look at once, each gets others. */
function freeTasks({ queues, limit }: ClaimRequest): Sql {
  return sql`
    select t.id from unnest(${queues}::text[]) as q (name)
    cross join lateral (
      select id, priority, run_at from engine.task_run
      where state = 'ready' and pool is null and concurrency_key is null and queue = q.name and run_at <= now()
      order by priority desc, run_at, id limit ${limit}
      for update skip locked
    ) t
    order by t.priority desc, t.run_at, t.id limit ${limit}`
}

/**
 * Pools and keys are counted, so only one claim at a time may count them. First in the queue is first served: a task that
 * needs more slots than are free is not overtaken by smaller ones of its pool, or it would wait for ever.
 */
async function claimLimited(engine: Engine, request: ClaimRequest, limit: number): Promise<ClaimedRow[]> {
  const any = await engine.db.query(sql`
    select 1 from engine.task_run
    where state = 'ready' and (pool is not null or concurrency_key is not null) and queue = any(${request.queues})
      and run_at <= now()
    limit 1`)
  if (any.length === 0) return []
  return await transaction(engine.db, async (trx) => {
    await trx.execute(sql`select pg_advisory_xact_lock(hashtext('millrace.claim'))`)
    return await trx.query<ClaimedRow>(
      take(
        engine,
        request,
        sql`
        with pools as materialized (
          select o.name, o.slots, o.slots - coalesce(sum(r.pool_slots), 0) as free
          from engine.pool o left join engine.task_run r on r.pool = o.name and r.state = 'running'
          group by o.name
        ), keys as materialized (
          select concurrency_key as key, count(*) as used from engine.task_run
          where state = 'running' and concurrency_key is not null group by concurrency_key
        ), by_key as (
          select t.id, t.pool, t.pool_slots, t.priority, t.run_at, t.concurrency_key, t.concurrency_limit, pools.free,
            coalesce(keys.used, 0) as used,
            row_number() over (partition by t.concurrency_key order by t.priority desc, t.run_at, t.id) as place
          from engine.task_run t
          left join pools on pools.name = t.pool
          left join keys on keys.key = t.concurrency_key
          where t.state = 'ready' and (t.pool is not null or t.concurrency_key is not null)
            and t.queue = any(${request.queues}) and t.run_at <= now()
            -- What is larger than its whole pool would hold up everything behind it.
            and (t.pool is null or (pools.free > 0 and t.pool_slots <= pools.slots))
        ), by_pool as (
          select *, sum(pool_slots) over (partition by pool order by priority desc, run_at, id) as needed
          from by_key where concurrency_key is null or place <= concurrency_limit - used
        )
        select t.id from by_pool p join engine.task_run t on t.id = p.id
        where p.pool is null or p.needed <= p.free
        order by p.priority desc, p.run_at, p.id limit ${limit}
        for update of t skip locked`,
      ),
    )
  })
}

function take({ leaseSeconds }: Engine, { workerId }: ClaimRequest, chosen: Sql): Sql {
  return sql`
    with chosen as materialized (${chosen}), taken as (
      update engine.task_run t set
        state = 'running', reason = null, attempt = t.attempt + 1, worker_id = ${workerId}, started_at = now(),
        heartbeat_at = now(), lease_until = now() + make_interval(secs => ${leaseSeconds}), progress = null,
        stop_reason = null, stop_requested_at = null
      from chosen where t.id = chosen.id and t.state = 'ready'
      returning t.*
    ), noted as (
      insert into engine.attempt (task_run_id, attempt, worker_id) select id, attempt, worker_id from taken
    ), told as (
      insert into engine.run_event (run_id, task_run_id, kind, data)
      select run_id, id, 'task.started', jsonb_build_object('attempt', attempt, 'worker', worker_id) from taken
    )
    select
      t.id, t.attempt, t.run_id, r.version_id, t.node_index, t.map_index, t.item, t.deferred,
      r.trigger, r.params, r.variables, r.logical_date, r.data_interval_start, r.data_interval_end, r.traceparent
    from taken t join engine.run r on r.id = t.run_id
    order by t.priority desc, t.run_at, t.id`
}

async function attemptSpec(engine: Engine, row: ClaimedRow): Promise<AttemptSpec> {
  const graph = await engine.graphs.get(engine.db, row.version_id)
  const { manifest } = graph
  const node = nodeAt(graph, row.node_index)
  return {
    taskRunId: row.id,
    attempt: row.attempt,
    run: runOfSpec({ ...row, id: row.run_id }, manifest),
    node,
    mapIndex: row.map_index,
    item: row.item ?? null,
    params: row.params,
    variables: row.variables,
    ancestors: ancestorsOf(graph, row.node_index),
    state: row.deferred ?? null,
    traceparent: row.traceparent,
    source: manifest.source,
    package: manifest.package,
  }
}

const ancestors = new WeakMap<VersionGraph, Map<number, readonly string[]>>()

/** Worked out once a node, since thousands of items of one ask for the same. */
function ancestorsOf(graph: VersionGraph, place: number): readonly string[] {
  const known = ancestors.get(graph) ?? new Map<number, readonly string[]>()
  ancestors.set(graph, known)
  const found = known.get(place) ?? [...reachable(graph.upstreams, [place])].map((up) => nodeAt(graph, up).id)
  known.set(place, found)
  return found
}

/** How long until something that is not due yet becomes so, in milliseconds; null when nothing is waiting for its time. */
export async function nextDueMs(db: Queryable, queues: readonly string[]): Promise<number | null> {
  const row = await db.one<{ ms: number | null }>(sql`
    select extract(epoch from min(run_at) - now())::float8 * 1000 as ms
    from engine.task_run where state = 'ready' and queue = any(${queues}) and run_at > now()`)
  return row.ms === null ? null : Math.max(0, row.ms)
}
