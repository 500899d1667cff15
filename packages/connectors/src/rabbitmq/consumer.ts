import { abortable, ConfigError, throwIfAborted } from '@millrace/core'
import type { ConsumeMessage } from 'amqplib'
import { streamNotFound } from '../kit/broker-error.ts'
import type { ConsumeOptions, PullOptions, StreamConsumer, StreamMessage } from '../kit/stream.ts'
import { connectRabbitmq, type RabbitmqPlace } from './connect.ts'
import { queueMessage } from './message.ts'

/**
 * The broker pushes, so each pull is a consumer of its own: it is told to send no more than the pull
 * may take, and cancelled as soon as there is something. Nothing comes while nobody pulls. The queue
 * is the group: all consumers of a queue share its messages.
 */
export async function openRabbitmqConsumer(place: RabbitmqPlace, options: ConsumeOptions): Promise<StreamConsumer> {
  const { stream: queue, signal } = options
  // The protocol counts them in 16 bits.
  const maxUncommitted = Math.min(options.maxUncommitted ?? 10_000, 65_535)
  const link = await connectRabbitmq(place, signal)
  const { channel, lost, run } = link
  /** Came after the pull that asked for them had ended. */
  const arrived: ConsumeMessage[] = []
  let uncommitted: ConsumeMessage | null = null
  let held = 0
  /** Nothing is known of them at first, so few are asked for: they may be large. */
  let averageBytes = 1_000_000
  let wake = () => {}
  let refusal: ConfigError | undefined
  try {
    await link.countReady(queue)
    if (await link.isStream(queue)) {
      throw new ConfigError('NOT_SUPPORTED', {
        message: `The queue ${queue} of ${place.label} is a stream, whose place no acknowledgement keeps. Bind a queue to the same exchange and read that.`,
      })
    }
  } catch (error) {
    await link[Symbol.asyncDispose]()
    throw error
  }

  const onMessage = (message: ConsumeMessage | null) => {
    if (message === null) {
      refusal = streamNotFound(place.label, `queue ${queue} any more`, 'It was deleted.')
    } else arrived.push(message)
    wake()
  }

  /** One consumer that sends at most `count` messages; resolves when there is one, or the time is over. */
  async function ask(count: number, { waitMs, signal: stop }: Pick<PullOptions, 'waitMs' | 'signal'>): Promise<void> {
    const some = new Promise<void>((resolve) => {
      wake = resolve
    })
    await run(() => channel.prefetch(count))
    const { consumerTag } = await run(() => channel.consume(queue, onMessage))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, waitMs)
    })
    try {
      await abortable(Promise.race([some, late, lost]), stop)
    } finally {
      clearTimeout(timer)
      // What the broker sends until it knows is kept for the next pull.
      if (refusal === undefined) await run(() => channel.cancel(consumerTag))
    }
  }

  async function pull({ maxMessages, maxBytes, waitMs, signal: stop }: PullOptions): Promise<StreamMessage[]> {
    throwIfAborted(stop)
    const room = Math.min(maxMessages, maxUncommitted - held)
    if (room <= 0) return []
    // Of the size of messages nothing is known before; that of earlier ones says how many will fit.
    const fitting = Math.max(1, Math.ceil(maxBytes / averageBytes))
    if (arrived.length === 0) {
      const stopping = stop ? { signal: stop } : {}
      await ask(Math.min(room, fitting), { waitMs, ...stopping })
    }
    if (refusal) throw refusal
    const messages: ConsumeMessage[] = []
    for (let bytes = 0; messages.length < room && bytes < maxBytes; ) {
      const message = arrived.shift()
      if (message === undefined) break
      messages.push(message)
      bytes += message.content.length
      averageBytes = Math.max(1, bytes / messages.length)
    }
    uncommitted = messages.at(-1) ?? uncommitted
    held += messages.length
    return messages.map((message) => queueMessage(message, queue))
  }

  return {
    maxUncommitted,
    pull,
    async commit() {
      const last = uncommitted
      if (last === null) return
      await run(async () => {
        // All up to this one were handed out: what only arrived has later numbers.
        channel.ack(last, true)
        // Acknowledgements are not answered, but everything on a channel is done in its order.
        await channel.checkQueue(queue)
      })
      uncommitted = null
      held = 0
    },
    lag: async () => (await link.countReady(queue)) + held + arrived.length,
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  }
}
