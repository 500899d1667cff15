import { type Queryable, type Sql, sql } from '@millrace/db'

/** Workers that were heard of lately and take more; a worker that is silent for longer is not counted on. */
export const servingWorkers = sql`w.ended_at is null and not w.draining and w.seen_at > now() - interval '1 minute'`

/** Queues with tasks that are ready, which no worker serves. Its cost grows with how many queues there are, not with how long they are. */
export async function unservedQueues(db: Queryable): Promise<readonly string[]> {
  const rows = await db.query<{ queue: string }>(sql`
    with recursive free as (${namesOf(sql`pool is null and concurrency_key is null`, sql`free`)}),
    limited as (${namesOf(sql`(pool is not null or concurrency_key is not null)`, sql`limited`)})
    select queue from (select queue from free union select queue from limited) as q
    where queue is not null
      and not exists (select from engine.worker w where ${servingWorkers} and q.queue = any(w.queues))
    order by queue`)
  return rows.map(({ queue }) => queue)
}

/** From one name in the index to the next. */
function namesOf(condition: Sql, itself: Sql): Sql {
  const first = (after: Sql) => sql`
    select queue from engine.task_run where state = 'ready' and ${condition} and ${after} order by queue limit 1`
  return sql`
    (${first(sql`true`)})
    union all
    select (${first(sql`queue > known.queue`)}) from ${itself} as known where known.queue is not null`
}
