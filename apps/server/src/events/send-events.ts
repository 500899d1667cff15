import { redact } from '@millrace/core'
import { type Db, sql, type Trx, transaction } from '@millrace/db'
import { type EventMessage, type EventRow, eventMessage } from './event-message.ts'
import type { EventTarget } from './event-target.ts'

export interface SendEventsOptions {
  readonly target: EventTarget
  /** Names of all targets: an event goes when each of them has it. */
  readonly targets: readonly string[]
  /** Who says to have sent them. */
  readonly source: string
  /** Fires when the sender has to stop. */
  readonly signal: AbortSignal
  /** Told of an event that cannot be sent as it is, and keeps those of its key waiting. */
  readonly onUnfit: (event: EventRow, error: Error) => void
}

const eventsAtOnce = 100
const sendTimeoutMs = 30_000

/**
 * Sends the oldest events that a target lacks, at most 100, and returns how many were looked at. Of any number of senders one
 * works for a target at a time, which keeps the order; the database takes its turn from one that died. What the target has not
 * confirmed stays, and goes again.
 */
export async function sendEvents(db: Db, options: SendEventsOptions): Promise<number> {
  const { target, targets, source, signal } = options
  return await transaction(db, async (trx) => {
    // One that hangs between its statements loses its turn as well.
    await trx.execute(sql`select set_config('idle_in_transaction_session_timeout', ${`${2 * sendTimeoutMs}`}, true)`)
    const { mine } = await trx.one<{ mine: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtextextended('events to ' || ${target.name}::text, 0)) as mine`,
    )
    if (!mine) return 0
    const rows = await trx.query<EventRow>(sql`
      select id, type, key, payload, request_id, created_at
      from events.event as event
      where ${target.name}::text <> all(sent_to)
        and available_at <= clock_timestamp()
        and not exists (
          select from events.event as earlier
          where earlier.key = event.key and earlier.id < event.id and earlier.available_at > clock_timestamp()
        )
      order by id
      limit ${eventsAtOnce}`)
    const ready: { readonly row: EventRow; readonly message: EventMessage }[] = []
    const waiting = new Set<string>()
    for (const row of rows) {
      if (waiting.has(row.key)) continue
      try {
        ready.push({ row, message: eventMessage(row, source) })
      } catch (error) {
        waiting.add(row.key)
        await postpone(trx, row, error as Error)
        options.onUnfit(row, error as Error)
      }
    }
    if (ready.length === 0) return rows.length
    await target.send(
      ready.map(({ message }) => message),
      AbortSignal.any([signal, AbortSignal.timeout(sendTimeoutMs)]),
    )
    const ids = ready.map(({ row }) => row.id)
    // Waits for the sender of another target that has the same events in hand, and sees what it wrote.
    await trx.execute(sql`update events.event set sent_to = sent_to || ${target.name}::text where id = any(${ids})`)
    await trx.execute(sql`delete from events.event where id = any(${ids}) and sent_to @> ${targets}::text[]`)
    return rows.length
  })
}

/** After 1 s, 2 s, 4 s, … up to 5 minutes. */
async function postpone(trx: Trx, { id }: EventRow, error: Error): Promise<void> {
  await trx.execute(sql`
    update events.event
    set attempts = attempts + 1,
      last_error = ${redact(error.message).slice(0, 2000)},
      available_at = clock_timestamp() + least(300, power(2, least(attempts, 10))) * interval '1 second'
    where id = ${id}`)
}
