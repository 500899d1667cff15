import { migrate } from '../migrate.ts'
import type { Db, Queryable, Trx } from '../queryable.ts'
import { sql } from '../sql.ts'
import { migrations } from './migrations.generated.ts'

/** Its notifications only say that there is something; readers also look by themselves. */
export const outboxChannel = 'millrace_outbox'

export interface OutboxStatus {
  readonly topic: string
  /** Not handled yet, those between two attempts included. */
  readonly waiting: number
  /** Given up. */
  readonly dead: number
  /** When the oldest waiting one was enqueued; null when none waits. */
  readonly oldest_at: Date | null
}

/** Brings the schema `outbox` up to date. */
export async function migrateOutbox(db: Db): Promise<number> {
  return await migrate(db, { schema: 'outbox', migrations })
}

/**
 * Leaves a message for the readers of the topic, which see it once the transaction is committed. Messages
 * with the same key are handled in the order in which they were enqueued; where two transactions enqueue for
 * one key at once, hold a lock that both take first.
 */
export async function enqueue(trx: Trx, topic: string, key: string, payload: unknown): Promise<void> {
  await trx.execute(sql`
    with message as (
      insert into outbox.message (topic, key, payload)
      values (${topic}, ${key}, ${sql.json(payload)})
      returning topic
    )
    select pg_notify(${outboxChannel}, topic) from message`)
}

export async function outboxStatus(queryable: Queryable): Promise<OutboxStatus[]> {
  return await queryable.query<OutboxStatus>(sql`
    select topic,
      count(*) filter (where dead_at is null) as waiting,
      count(dead_at) as dead,
      min(created_at) filter (where dead_at is null) as oldest_at
    from outbox.message
    group by topic
    order by topic`)
}

/** Gives the dead messages of a topic all their attempts again; returns how many there were. */
export async function reviveMessages(queryable: Queryable, topic: string): Promise<number> {
  return await queryable.execute(sql`
    update outbox.message
    set dead_at = null, attempts = 0, available_at = now()
    where topic = ${topic} and dead_at is not null`)
}
