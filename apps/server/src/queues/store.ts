import { type Queryable, sql } from '@millrace/db'
import { servingWorkers } from './unserved-queues.ts'

export interface QueueRow {
  readonly queue: string
  readonly ready: number
  readonly waiting_for_pool: number
  readonly delayed: number
  readonly running: number
  readonly oldest_ready_seconds: number | null
  readonly workers: number
  readonly slots: number
  readonly free_slots: number
}

/** Queues that have something in them, or a worker that serves them, by name. */
export async function listQueues(db: Queryable): Promise<readonly QueueRow[]> {
  return await db.query<QueueRow>(sql`
    with pools as materialized (
      select p.name, p.slots - coalesce(sum(t.pool_slots), 0) as free
      from engine.pool p left join engine.task_run t on t.pool = p.name and t.state = 'running' group by p.name
    ), ready as (
      select t.queue, count(*) filter (where t.run_at <= now()) as ready, count(*) filter (where t.run_at > now()) as delayed,
        count(*) filter (
          where t.run_at <= now() and t.pool is not null and (pools.free is null or t.pool_slots > pools.free)
        ) as waiting_for_pool,
        extract(epoch from now() - min(t.run_at) filter (where t.run_at <= now()))::float8 as oldest_ready_seconds
      from engine.task_run t left join pools on pools.name = t.pool
      where t.state = 'ready' and t.run_at is not null group by t.queue
    ), running as (
      select queue, count(*) as running from engine.task_run where state = 'running' group by queue
    ), serving as (
      select q.queue, count(*) as workers, sum(w.slots)::integer as slots, sum(greatest(w.slots - busy.count, 0))::integer as free_slots
      from engine.worker w
      cross join lateral (select count(*) as count from engine.task_run where worker_id = w.id and state = 'running') as busy
      cross join lateral (select distinct unnest(w.queues) as queue) as q
      where ${servingWorkers} group by q.queue
    )
    select queue, coalesce(ready, 0) as ready, coalesce(waiting_for_pool, 0) as waiting_for_pool, coalesce(delayed, 0) as delayed,
      coalesce(running, 0) as running, oldest_ready_seconds, coalesce(workers, 0) as workers, coalesce(slots, 0) as slots,
      coalesce(free_slots, 0) as free_slots
    from ready full join running using (queue) full join serving using (queue) order by queue`)
}
