import { redact } from '@millrace/core'
import type { Db } from '../queryable.ts'
import { type Sql, sql } from '../sql.ts'

export interface OutboxMessage {
  readonly id: number
  readonly topic: string
  readonly key: string
  readonly payload: unknown
  readonly created_at: Date
  /** This one included; beyond 1 the message may have been handled before. */
  readonly attempts: number
}

export interface ReadOutboxOptions {
  readonly topics: readonly string[]
  /** Messages at once, each of another key. Default 20. */
  readonly limit?: number
  /** Done when it resolves. It may be called again for the same message, and has to bear that. */
  readonly handle: (message: OutboxMessage, signal: AbortSignal) => Promise<void>
  /** An attempt that takes longer has failed, and its signal is aborted. Default 10,000. */
  readonly handleTimeoutMs?: number
  /** After so many failures a message is dead, and those after it go on. Default 10. */
  readonly maxAttempts?: number
  /** Told of every failed attempt, and whether it was the last. */
  readonly onFailure?: (message: OutboxMessage, error: unknown, isDead: boolean) => void
}

/** Until a reader that died is believed to be dead, beyond the time that it may take. */
const leaseMarginMs = 10_000
const firstDelayMs = 1000
/** Looked at before all others; several times what a reader takes, since others take some of them. */
const nearMessages = 200
const longestDelayMs = 5 * 60_000

/**
 * Handles the messages that are due, up to the limit, and returns how many were taken up. Any number of
 * readers may run. Every message is handled at least once; of one key only one at a time is out, the oldest.
 * A failed one is tried again after 1 s, 2 s, 4 s, … up to 5 minutes.
 */
export async function readOutbox(db: Db, options: ReadOutboxOptions): Promise<number> {
  const messages = await claim(db, options)
  const outcomes = await Promise.allSettled(messages.map((message) => handleOne(db, message, options)))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  return messages.length
}

/**
 * Takes the oldest messages of their keys. Nearly always some of those that are due first are such; when
 * all of them wait for others, as they do when a receiver is away for long, everything is looked through.
 */
async function claim(db: Db, options: ReadOutboxOptions): Promise<OutboxMessage[]> {
  const near = await claimSome(
    db,
    options,
    sql`
    select topic, key, id
    from (
      select topic, key, id from outbox.message where ${isDue(options)} order by available_at limit ${nearMessages}
    ) as due
    where id = (
      select id from outbox.message as first
      where first.topic = due.topic and first.key = due.key and first.dead_at is null
      order by id
      limit 1
    )`,
  )
  if (near.length > 0) return near
  return await claimSome(
    db,
    options,
    sql`
    select topic, key, id
    from (
      select distinct on (topic, key) topic, key, id, available_at
      from outbox.message
      where topic = any(${options.topics})
        and dead_at is null
        and exists (select from outbox.message where ${isDue(options)})
      order by topic, key, id
    ) as first
    where available_at <= now()
    order by available_at
    limit ${nearMessages}`,
  )
}

/** Locked rows stay where they are, so their places can stand for them. */
async function claimSome(db: Db, options: ReadOutboxOptions, candidates: Sql): Promise<OutboxMessage[]> {
  const { limit = 20, handleTimeoutMs = 10_000 } = options
  return await db.query<OutboxMessage>(sql`
    with candidate as materialized (${candidates})
    update outbox.message
    set attempts = attempts + 1,
      available_at = now() + ${handleTimeoutMs + leaseMarginMs} * interval '1 millisecond'
    where ctid = any(array(
      select message.ctid
      from outbox.message join candidate using (topic, key, id)
      where ${isDue(options)}
      order by available_at
      limit ${limit}
      for update of message skip locked
    ))
    returning id, topic, key, payload, created_at, attempts`)
}

function isDue({ topics }: ReadOutboxOptions): Sql {
  return sql`topic = any(${topics}) and dead_at is null and available_at <= now()`
}

/** What is written afterwards holds only while no other reader took the message up. */
async function handleOne(db: Db, message: OutboxMessage, options: ReadOutboxOptions): Promise<void> {
  const { attempts } = message
  const asTaken = sql`topic = ${message.topic} and key = ${message.key} and id = ${message.id} and attempts = ${attempts}`
  const { maxAttempts = 10 } = options
  try {
    // Counted at its beginning, so this one ended its readers as often as it may.
    if (attempts > maxAttempts) throw new Error('Every reader of this message ended before it was done with it.')
    await handleInTime(message, options)
  } catch (error) {
    const isDead = attempts >= maxAttempts
    const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempts - 1)) * (1 + Math.random() / 4)
    await db.execute(sql`
      update outbox.message
      set available_at = now() + ${delayMs} * interval '1 millisecond',
        dead_at = case when ${isDead} then now() end,
        last_error = ${redact(error instanceof Error ? error.message : String(error)).slice(0, 2000)}
      where ${asTaken}`)
    options.onFailure?.(message, error, isDead)
    return
  }
  await db.execute(sql`delete from outbox.message where ${asTaken}`)
}

async function handleInTime(message: OutboxMessage, { handle, handleTimeoutMs = 10_000 }: ReadOutboxOptions) {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`It was not handled within ${handleTimeoutMs} ms.`)
      controller.abort(error)
      reject(error)
    }, handleTimeoutMs)
  })
  try {
    await Promise.race([handle(message, controller.signal), late])
  } finally {
    clearTimeout(timer)
  }
}
