import { abortable, ConfigError, TransientError, throwIfAborted } from '@millrace/core'
import type { ConsumerConfig, ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'
import type { Msg } from '@nats-io/transport-node'
import type { ConsumeOptions, PullOptions, StreamConsumer, StreamMessage } from '../kit/stream.ts'
import { connectNats, type NatsLink, type NatsPlace } from './connect.ts'
import { streamMessage } from './message.ts'

/** Beyond the time that a request may take, before the broker is taken to be gone. */
const answerMs = 10_000

/**
 * Pulls through a durable consumer of the stream, which is the group. While messages are uncommitted,
 * a sign of life is given at every third of the consumer's `ack_wait`.
 */
export async function openNatsConsumer(place: NatsPlace, options: ConsumeOptions): Promise<StreamConsumer> {
  const { stream, group = 'millrace', signal } = options
  const link = await connectNats(place, signal)
  try {
    const manager = await link.manager()
    const info = await findConsumer(link, manager, place, options)
    const most = info.config.max_ack_pending ?? -1
    const wanted = options.maxUncommitted ?? 10_000
    return consume(link, manager, {
      ...{ stream, group, label: place.label },
      maxUncommitted: most > 0 ? Math.min(most, wanted) : wanted,
      ackWaitMs: Number(info.config.ack_wait ?? 30e9) / 1e6,
    })
  } catch (error) {
    await link[Symbol.asyncDispose]()
    throw error
  }
}

interface Consuming {
  readonly stream: string
  readonly group: string
  readonly label: string
  readonly maxUncommitted: number
  readonly ackWaitMs: number
}

function consume(link: NatsLink, manager: JetStreamManager, consuming: Consuming): StreamConsumer {
  const { stream, group, label, maxUncommitted, ackWaitMs } = consuming
  const { connection, lost, run } = link
  const inbox = `_INBOX.millrace.${crypto.randomUUID()}`
  const next = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${group}`
  /** Came after the pull that asked for them had ended. */
  const arrived: Msg[] = []
  const uncommitted: Msg[] = []
  /** Nothing is known of them at first, so few are asked for: they may be large. */
  let averageBytes = 1_000_000
  let requests = 0
  let request: { readonly subject: string; ended(): void; got(): void } | undefined
  let closed = false

  connection.subscribe(`${inbox}.*`, {
    callback(_, message) {
      // The end of a request is a message without a place to answer to.
      if (message.reply) {
        arrived.push(message)
        request?.got()
      } else if (message.subject === request?.subject) request.ended()
    },
  })

  const signOfLife = setInterval(() => {
    if (connection.isClosed()) return
    for (const message of [...uncommitted, ...arrived]) connection.publish(message.reply as string, '+WPI')
  }, ackWaitMs / 3).unref()

  /** Resolves when the broker has sent what it has, or `batch` messages. Without `expiresMs` it does not wait for any. */
  async function ask(batch: number, expiresMs: number, stop?: AbortSignal): Promise<void> {
    if (connection.isClosed()) await lost
    const subject = `${inbox}.${++requests}`
    const before = arrived.length
    let timer: NodeJS.Timeout | undefined
    const ended = new Promise<void>((resolve, reject) => {
      request = { subject, ended: resolve, got: () => arrived.length - before >= batch && resolve() }
      timer = setTimeout(() => reject(silent(label)), expiresMs + answerMs)
    })
    const wait = expiresMs > 0 ? { expires: Math.round(expiresMs * 1e6) } : { no_wait: true }
    connection.publish(next, JSON.stringify({ batch, ...wait }), { reply: subject })
    try {
      await abortable(Promise.race([ended, lost]), stop)
    } finally {
      clearTimeout(timer)
      request = undefined
    }
  }

  async function pull({ maxMessages, maxBytes, waitMs, signal: stop }: PullOptions): Promise<StreamMessage[]> {
    throwIfAborted(stop)
    const room = Math.min(maxMessages, maxUncommitted - uncommitted.length)
    if (room <= 0) return []
    // A limit of bytes would keep the broker from sending a larger message at all; the size of earlier ones is the guide.
    const count = () => Math.max(1, Math.min(room, Math.ceil(maxBytes / averageBytes)) - arrived.length)
    if (arrived.length === 0) await ask(count(), 0)
    if (arrived.length === 0 && waitMs > 0) {
      await ask(1, waitMs, stop)
      if (arrived.length > 0 && room > 1) await ask(count(), 0)
    }
    const messages: Msg[] = []
    for (let bytes = 0; messages.length < room && bytes < maxBytes; ) {
      const message = arrived.shift()
      if (message === undefined) break
      messages.push(message)
      bytes += message.data.length
      averageBytes = Math.max(1, bytes / messages.length)
    }
    uncommitted.push(...messages)
    return messages.map((message) => streamMessage(message, stream))
  }

  return {
    maxUncommitted,
    pull,
    async commit() {
      const last = uncommitted.at(-1)
      if (last === undefined) return
      await run(async () => {
        for (const message of uncommitted.slice(0, -1)) connection.publish(message.reply as string, '+ACK')
        // They are taken in order, so the answer to the last one is the answer to all.
        await connection.request(last.reply as string, '+ACK', { timeout: answerMs })
      })
      uncommitted.length = 0
    },
    async lag() {
      const { num_pending, num_ack_pending } = await run(() => manager.consumers.info(stream, group))
      return num_pending + num_ack_pending
    },
    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      clearInterval(signOfLife)
      try {
        for (const message of [...uncommitted, ...arrived]) connection.publish(message.reply as string, '-NAK')
        await Promise.race([connection.flush(), lost])
      } catch {
        // Without a connection they come again after `ack_wait`.
      }
      await link[Symbol.asyncDispose]()
    },
  }
}

/** The group's durable consumer, made when there is none; one that somebody else made has to be usable. */
async function findConsumer(
  link: NatsLink,
  manager: JetStreamManager,
  { config, label }: NatsPlace,
  { stream, group = 'millrace', from }: ConsumeOptions,
): Promise<ConsumerInfo> {
  await link.run(() => manager.streams.info(stream))
  const found = await link.run(() => manager.consumers.info(stream, group).catch(noneIfNotFound))
  if (found === null) {
    const wanted: Partial<ConsumerConfig> = {
      durable_name: group,
      ack_policy: 'explicit',
      ack_wait: Number(config.ack_wait ?? 30) * 1e9,
      deliver_policy: from === 'latest' ? 'new' : 'all',
      // What is out at one time is bounded by what is pulled.
      max_ack_pending: -1,
      ...(config.subject === undefined ? {} : { filter_subject: String(config.subject) }),
    }
    return await link.run(() => manager.consumers.add(stream, wanted))
  }
  if (found.config.deliver_subject !== undefined || found.config.ack_policy !== 'explicit') {
    throw new ConfigError('GROUP_NOT_USABLE', {
      message: `The consumer ${group} of the stream ${stream} of ${label} does not pull with explicit acknowledgements. Choose another --group.`,
    })
  }
  return found
}

function noneIfNotFound(error: Error & { readonly code?: number }): null {
  if (error.name === 'ConsumerNotFoundError' || /consumer not found/i.test(error.message)) return null
  throw error
}

function silent(label: string): TransientError {
  return new TransientError('NO_ANSWER', {
    message: `${label} does not answer. Check the server, and that its JetStream has a leader.`,
  })
}
