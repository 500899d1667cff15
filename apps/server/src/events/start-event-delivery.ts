import { setTimeout as wait } from 'node:timers/promises'
import { type Logger, type PlatformSettings, redact } from '@millrace/core'
import { type Db, sql } from '@millrace/db'
import { amqpTarget } from './amqp-target.ts'
import { eventChannel } from './emit.ts'
import type { EventTarget } from './event-target.ts'
import { redisTarget } from './redis-target.ts'
import { sendEvents } from './send-events.ts'

export interface EventDeliveryOptions {
  readonly settings: PlatformSettings
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Between two looks when nothing announces an event. Default 2,000. */
  readonly pollIntervalMs?: number
  /** Longest pause after failures of a broker. Default 30,000. */
  readonly maxDelayMs?: number
}

/**
 * Sends what `emitEvent` left to the brokers that the settings name, until it is disposed. Any number of servers may do so.
 * Without brokers it does nothing; the job `retention` removes what nobody is going to want.
 */
export async function startEventDelivery(db: Db, options: EventDeliveryOptions): Promise<AsyncDisposable> {
  const { settings } = options
  const targets = eventTargets(settings)
  const closing = new AbortController()
  const wakers = new Set<() => void>()
  const wakeAll = () => {
    for (const wake of wakers) wake()
  }
  if (targets.length === 0) return { [Symbol.asyncDispose]: async () => {} }
  const subscription = await db.listen(eventChannel, wakeAll, { onReconnect: wakeAll })
  const senders = targets.map((target) => sendTo(db, target, targets, { ...options, wakers, signal: closing.signal }))
  return {
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('The server closes.'))
      await Promise.all(senders)
      await Promise.all(targets.map((target) => target[Symbol.asyncDispose]()))
      await subscription.close()
    },
  }
}

function eventTargets({
  eventsRedisUrl,
  eventsRedisStream,
  eventsAmqpUrl,
  eventsAmqpExchange,
}: PlatformSettings): EventTarget[] {
  return [
    ...(eventsRedisUrl === null ? [] : [redisTarget({ url: eventsRedisUrl, stream: eventsRedisStream })]),
    ...(eventsAmqpUrl === null ? [] : [amqpTarget({ url: eventsAmqpUrl, exchange: eventsAmqpExchange })]),
  ]
}

interface SenderOptions extends EventDeliveryOptions {
  readonly wakers: Set<() => void>
  readonly signal: AbortSignal
}

async function sendTo(db: Db, target: EventTarget, all: readonly EventTarget[], options: SenderOptions): Promise<void> {
  const { settings, log, pollIntervalMs = 2000, maxDelayMs = 30_000, wakers, signal } = options
  let isAnnounced = false
  let wake = () => {}
  wakers.add(() => {
    isAnnounced = true
    wake()
  })
  const secrets = [settings.eventsRedisUrl, settings.eventsAmqpUrl].filter((url) => url !== null)
  const targets = all.map(({ name }) => name)
  let failures = 0
  while (!signal.aborted) {
    isAnnounced = false
    try {
      const looked = await sendEvents(db, {
        ...{ target, targets, signal, source: settings.eventsSource },
        onUnfit: ({ id, type, key }, error) =>
          log.error({ event: id, type, key, error: error.message }, 'an event cannot be sent; it is tried again'),
      })
      if (failures > 0) log.info({ to: target.name }, 'events are sent again')
      failures = 0
      if (looked > 0) continue
    } catch (error) {
      if (signal.aborted) break
      failures++
      const why = redact(error instanceof Error ? error.message : String(error), secrets)
      log.warn({ to: target.name, error: why, failures }, 'events could not be sent; they stay and are tried again')
      const delayMs = Math.min(maxDelayMs, 250 * 2 ** failures)
      await wait(delayMs, undefined, { signal }).catch(() => {})
      continue
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pollIntervalMs)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
      signal.addEventListener('abort', wake, { once: true })
      if (isAnnounced || signal.aborted) wake()
    })
    signal.removeEventListener('abort', wake)
  }
}

/**
 * Removes events that no broker is there for: also those that a broker lacks which was taken from the settings, while all others
 * have them. Those of the last hour stay, should one be configured now.
 */
export async function dropUnwantedEvents(db: Db, settings: PlatformSettings): Promise<number> {
  const targets = eventTargets(settings).map(({ name }) => name)
  return await db.execute(sql`
    delete from events.event where sent_to @> ${targets}::text[] and created_at < now() - interval '1 hour'`)
}
