import { isIP } from 'node:net'
import { abortable, ConfigError, type MillraceError, TransientError } from '@millrace/core'
import type { Channel, ChannelModel } from 'amqplib'
import { authenticationFailed, brokerError, streamNotFound } from '../kit/broker-error.ts'
import { brokerTls } from '../kit/broker-settings.ts'
import type { ConfigValues } from '../kit/config-schema.ts'
import { importDriver } from '../kit/import-driver.ts'

export interface RabbitmqPlace {
  readonly config: ConfigValues
  readonly label: string
  readonly secrets: readonly string[]
}

/** One connection with one channel, which is never mended: what was handed out over it goes back to the queue with it. */
export interface RabbitmqLink extends AsyncDisposable {
  readonly channel: Channel
  readonly serverVersion: string
  /** Rejects as soon as the connection or the channel is gone; never resolves. */
  readonly lost: Promise<never>
  /** Runs work on the channel, with the broker's own words for why it failed. */
  run<T>(work: () => Promise<T>): Promise<T>
  /** Messages of a queue that no consumer holds. */
  countReady(queue: string): Promise<number>
  /** Whether the queue is of the type stream; then the connection may be gone afterwards. */
  isStream(queue: string): Promise<boolean>
}

export async function connectRabbitmq(
  { config, label, secrets }: RabbitmqPlace,
  signal?: AbortSignal | undefined,
): Promise<RabbitmqLink> {
  const { connect } = await importDriver<typeof import('amqplib')>('amqplib')
  const failed = (error: unknown) => brokerError(error, { label, secrets, ownError: rabbitmqError(label) })
  const host = String(config.host ?? 'localhost')
  const tls = brokerTls(config)
  let connection: ChannelModel
  try {
    const connecting = connect(
      {
        protocol: tls ? 'amqps' : 'amqp',
        ...{ hostname: host, port: Number(config.port ?? 5672), vhost: String(config.vhost ?? '/') },
        ...{ username: String(config.user ?? 'guest'), password: String(config.password ?? 'guest') },
        heartbeat: 30,
      },
      {
        ...tls,
        ...(tls && !isIP(host) ? { servername: host } : {}),
        timeout: Number(config.connect_timeout ?? 30) * 1000,
        noDelay: true,
        clientProperties: { connection_name: 'millrace' },
      },
    )
    connecting.then((late) => (signal?.aborted ? late.close() : undefined)).catch(() => {})
    connection = await abortable(connecting, signal)
  } catch (error) {
    signal?.throwIfAborted()
    throw failed(error)
  }
  let cause: unknown
  let lose: (error: MillraceError) => void = () => {}
  const lost = new Promise<never>((_, reject) => {
    lose = reject
  })
  lost.catch(() => {})
  const note = (error: unknown) => {
    cause ??= error
  }
  const gone = () => lose(cause === undefined ? connectionLost(label) : failed(cause))
  connection.on('error', note).on('close', gone)
  const channel = await connection.createChannel()
  channel.on('error', note).on('close', gone)

  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await Promise.race([work(), lost])
    } catch (error) {
      throw failed(cause ?? error)
    }
  }
  const { version } = connection.connection.serverProperties as { version?: string }
  return {
    channel,
    serverVersion: `RabbitMQ ${version ?? ''}`.trim(),
    lost,
    run,
    countReady: (queue) => run(async () => (await channel.checkQueue(queue)).messageCount),
    async isStream(queue) {
      // Nothing tells the type of a queue, but only a stream knows where to begin, and does not hand out single messages.
      const probe = await run(async () => connection.createChannel())
      probe.on('error', () => {})
      try {
        await probe.prefetch(1)
        await probe.consume(queue, () => {}, { arguments: { 'x-stream-offset': 'next' } })
      } catch {
        return false
      }
      try {
        await probe.get(queue)
      } catch {
        return true
      }
      await probe.close()
      return false
    },
    async [Symbol.asyncDispose]() {
      // In order, so that the broker gives back what is not acknowledged before anybody asks for it.
      await connection.close().catch(() => {})
    },
  }
}

function connectionLost(label: string): TransientError {
  return new TransientError('CONNECTION_LOST', {
    message: `The connection to ${label} was closed. What was not committed comes again over a new connection.`,
  })
}

function rabbitmqError(label: string) {
  return (error: Error & { readonly code?: unknown }, said: string): MillraceError | null => {
    if (/ACCESS_REFUSED.*(login|authentication)|handshake terminated.*403|403.*ACCESS.REFUSED.*Login/i.test(said)) {
      return authenticationFailed(label)
    }
    if (error.code === 404 || /NOT_FOUND/.test(said)) {
      const queue = /no queue '([^']*)'/.exec(said)?.[1]
      return streamNotFound(label, `queue ${queue ?? ''}`.trim(), 'Check its name and the virtual host.')
    }
    if (error.code === 403 || error.code === 402 || error.code === 530 || /ACCESS_REFUSED|NOT_ALLOWED/.test(said)) {
      return new ConfigError('PERMISSION_DENIED', {
        message: `${label}: ${said}. Check the virtual host and what this user may do there.`,
      })
    }
    if (typeof error.code === 'number' && [405, 406, 503, 540].includes(error.code)) {
      return new ConfigError('COMMAND_REFUSED', { message: `${label}: ${said}.` })
    }
    return null
  }
}
