import { abortable } from '@millrace/core'
import type { ChannelModel, ConfirmChannel } from 'amqplib'
import { brokerDriver, type EventTarget } from './event-target.ts'

export interface AmqpTargetOptions {
  /** `amqp://user:password@host:5672/vhost`, or `amqps:` for TLS. */
  readonly url: string
  readonly exchange: string
}

interface Connected {
  readonly connection: ChannelModel
  readonly channel: ConfirmChannel
}

/** Messages to a durable topic exchange, routed by the type of the event. Those that no queue is bound for are gone. */
export function amqpTarget({ url, exchange }: AmqpTargetOptions): EventTarget {
  let connected: Connected | undefined
  const cut = () => {
    if (connected !== undefined) streamOf(connected.connection).destroy()
    connected = undefined
  }
  return {
    name: 'amqp',
    async send(messages, signal) {
      try {
        connected ??= await connect(url, exchange, signal)
        const { channel } = connected
        for (const { id, type, headers, payload } of messages) {
          channel.publish(exchange, type, payload, {
            messageId: id,
            type,
            contentType: headers.dataContentType,
            timestamp: Math.floor(Date.parse(headers.time) / 1000),
            headers,
            persistent: true,
          })
        }
        await abortable(channel.waitForConfirms(), signal)
      } catch (error) {
        cut()
        throw error
      }
    },
    async [Symbol.asyncDispose]() {
      cut()
    },
  }
}

async function connect(url: string, exchange: string, signal: AbortSignal): Promise<Connected> {
  const amqp = await brokerDriver('amqplib', () => import('amqplib'))
  const connecting = amqp.connect(url, {
    ...{ timeout: 10_000, noDelay: true, clientProperties: { connection_name: 'millrace events' } },
  })
  connecting.then((late) => (signal.aborted ? streamOf(late).destroy() : undefined)).catch(() => {})
  const connection = await abortable(connecting, signal)
  // What a send rejects with says the same.
  connection.on('error', () => {})
  try {
    const channel = await abortable(connection.createConfirmChannel(), signal)
    channel.on('error', () => {})
    await abortable(channel.assertExchange(exchange, 'topic', { durable: true }), signal)
    return { connection, channel }
  } catch (error) {
    streamOf(connection).destroy()
    throw error
  }
}

/** A broker that hangs would keep the process alive. */
function streamOf(connection: ChannelModel): { destroy(): void } {
  return (connection.connection as unknown as { stream: { destroy(): void } }).stream
}
