import { hostname } from 'node:os'
import { ConfigError, isMillraceError } from '@millrace/core'
import { streamNotFound } from '../kit/broker-error.ts'
import type { ConsumeOptions, PullOptions, StreamConsumer, StreamMessage } from '../kit/stream.ts'
import { connectRedis, type RedisClient, type RedisPlace } from './connect.ts'
import { type Entry, entriesOf, entryMessage } from './entries.ts'

/** A consumer that owns what others gave back, so that their names can go. */
const returned = 'millrace-returned'
/** Idle for so long is long enough for anybody to claim. */
const longIdleMs = 365 * 86_400_000
/** Acknowledged or claimed in one command. */
const idsAtOnce = 1000

/**
 * Reads as one consumer of a group. First come messages that this consumer's name still holds, then
 * those of consumers without a sign of life, then new ones. While messages are uncommitted, a sign
 * of life is given at every third of `claim_after`, so that nobody takes them for abandoned.
 */
export async function openRedisConsumer(place: RedisPlace, options: ConsumeOptions): Promise<StreamConsumer> {
  const { config, label, secrets } = place
  const { stream, group = 'millrace', maxUncommitted = 10_000, signal } = options
  const connect = () => connectRedis(config, { label, secrets, signal })
  // A read that waits holds up everything else on its connection.
  const reader = await connect()
  const control = await connect().catch((error) => {
    reader.cut()
    throw error
  })
  const keepsName = config.consumer !== undefined
  const name = keepsName ? String(config.consumer) : `millrace-${hostname()}-${process.pid}-${Date.now().toString(36)}`
  const claimMs = Number(config.claim_after ?? 30) * 1000
  const field = config.field === undefined ? null : String(config.field)
  try {
    await createGroup(control, label, stream, group, options.from ?? 'earliest')
  } catch (error) {
    reader.cut()
    control.cut()
    throw error
  }

  /** Ids of all that the broker holds for this consumer, those that were handed out first. */
  const held: string[] = []
  let handedOut = 0
  let ownFrom: string | null = keepsName ? '0' : null
  let claimFrom = '0-0'
  let claimDueAt = 0
  /** Nothing is known of them at first, so few are asked for: they may be large. */
  let averageBytes = 1_000_000
  let closed = false

  const inParts = async (ids: readonly string[], work: (part: readonly string[]) => Promise<unknown>) => {
    for (let at = 0; at < ids.length; at += idsAtOnce) await work(ids.slice(at, at + idsAtOnce))
  }
  const signOfLife = setInterval(() => {
    if (held.length === 0) return
    const beat = inParts([...held], (ids) => control.call('XCLAIM', stream, group, name, 0, ...ids, 'JUSTID'))
    beat.catch(() => {})
  }, claimMs / 3).unref()

  /** Entries this consumer's name held before, one part after another. */
  async function ownPending(count: number): Promise<Entry[]> {
    if (ownFrom === null) return []
    const reply = await reader.callBytes('XREADGROUP', 'GROUP', group, name, 'COUNT', count, 'STREAMS', stream, ownFrom)
    const entries = entriesOf(reply)
    ownFrom = entries.at(-1)?.id ?? null
    return entries.filter(({ fields }) => fields !== null)
  }

  async function abandoned(count: number): Promise<Entry[]> {
    if (claimFrom === '0-0' && Date.now() < claimDueAt) return []
    const reply = (await reader.callBytes(
      ...['XAUTOCLAIM', stream, group, name, claimMs, claimFrom, 'COUNT', count],
    )) as [Buffer, unknown]
    claimFrom = reply[0].toString()
    if (claimFrom === '0-0') claimDueAt = Date.now() + claimMs / 2
    return entriesOf([[null, reply[1]]]).filter(({ fields }) => fields !== null)
  }

  async function fresh(count: number, waitMs: number, stop: AbortSignal | undefined): Promise<Entry[]> {
    const wait = waitMs > 0 ? ['BLOCK', Math.max(1, Math.round(waitMs))] : []
    const command = ['XREADGROUP', 'GROUP', group, name, 'COUNT', count, ...wait, 'STREAMS', stream, '>']
    // A waiting read cannot be taken back, but its connection can be cut once nothing will be read any more.
    const cut = () => reader.cut()
    stop?.addEventListener('abort', cut, { once: true })
    try {
      return entriesOf(await reader.callBytes(...command))
    } catch (error) {
      stop?.throwIfAborted()
      throw error
    } finally {
      stop?.removeEventListener('abort', cut)
    }
  }

  async function pull({ maxMessages, maxBytes, waitMs, signal: stop }: PullOptions): Promise<StreamMessage[]> {
    stop?.throwIfAborted()
    const messages: StreamMessage[] = []
    const room = Math.min(maxMessages, maxUncommitted - held.length)
    let bytes = 0
    const take = (entries: readonly Entry[], redelivered: boolean) => {
      for (const entry of entries) {
        const message = entryMessage(entry, stream, field, redelivered)
        held.push(entry.id)
        messages.push(message)
        bytes += message.value.length
      }
      if (messages.length > 0) averageBytes = Math.max(1, bytes / messages.length)
      return entries.length
    }
    /** Entries have no bytes to ask for; the size of earlier ones says how many will fit. */
    const count = () => {
      const fitting = Math.ceil((maxBytes - bytes) / averageBytes)
      return Math.max(1, Math.min(room - messages.length, fitting, idsAtOnce))
    }
    const full = () => messages.length >= room || bytes >= maxBytes
    if (room <= 0) return []
    while (!full() && take(await ownPending(count()), true) > 0);
    while (!full() && take(await abandoned(count()), true) > 0);
    for (let asked = 0; !full(); ) {
      asked = count()
      const waiting = messages.length === 0 && waitMs > 0
      const entries = waiting ? await fresh(asked, Math.min(waitMs, claimMs), stop) : await fresh(asked, 0, undefined)
      if (take(entries, false) < asked) break
    }
    // What a failure kept from being handed out must not be committed.
    handedOut = held.length
    return messages
  }

  return {
    maxUncommitted,
    pull: (pulling) => found(pull(pulling), label, stream, group),
    async commit() {
      await inParts(held.slice(0, handedOut), (ids) => control.call('XACK', stream, group, ...ids))
      held.splice(0, handedOut)
      handedOut = 0
    },
    async lag() {
      const groups = (await control.call('XINFO', 'GROUPS', stream)) as (string | number | null)[][]
      const own = groups.map(toObject).find((item) => item.name === group)
      return typeof own?.lag === 'number' ? own.lag + Number(own.pending) : null
    },
    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      clearInterval(signOfLife)
      try {
        // Given back under a name that is nobody's, with an idle time that lets anybody claim them at once.
        await inParts(held, (ids) =>
          control.call('XCLAIM', stream, group, returned, 0, ...ids, 'IDLE', longIdleMs, 'JUSTID'),
        )
        await leave(control, stream, group, name)
      } catch {
        // Without a connection, others take the messages over after `claim_after`.
      } finally {
        reader.cut()
        control.cut()
      }
    },
  }
}

async function createGroup(client: RedisClient, label: string, stream: string, group: string, from: string) {
  try {
    await client.call('XGROUP', 'CREATE', stream, group, from === 'earliest' ? '0' : '$')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    if (/BUSYGROUP/.test(error.message)) return
    if (/requires the key to exist/i.test(error.message)) {
      throw streamNotFound(label, `stream ${stream}`, 'Check its name and the number of the database.')
    }
    throw error
  }
}

/** Removing a consumer forgets what it holds, so it goes only with empty hands. */
async function leave(client: RedisClient, stream: string, group: string, name: string): Promise<void> {
  const pending = (await client.call('XPENDING', stream, group, '-', '+', 1, name)) as unknown[]
  if (pending.length === 0) await client.call('XGROUP', 'DELCONSUMER', stream, group, name)
}

/** A stream that was deleted takes its groups along. */
async function found<T>(pulling: Promise<T>, label: string, stream: string, group: string): Promise<T> {
  try {
    return await pulling
  } catch (error) {
    if (!isMillraceError(error) || !/NOGROUP/.test(error.message)) throw error
    throw streamNotFound(label, `group ${group} of the stream ${stream} any more`, 'Start again to make it anew.')
  }
}

function toObject(flat: readonly (string | number | null)[]): Record<string, string | number | null> {
  const result: Record<string, string | number | null> = {}
  for (let at = 0; at + 1 < flat.length; at += 2) result[String(flat[at])] = flat[at + 1] ?? null
  return result
}
