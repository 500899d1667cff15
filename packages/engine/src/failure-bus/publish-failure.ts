import { abortable, ConfigError } from '@millrace/core'
import type { ChannelModel, ConfirmChannel, Options } from 'amqplib'
import { type FailureBus, failureQueue, failureRoutingKey, type RunFailure } from './failure-bus.ts'

interface PublishOptions {
  readonly signal: AbortSignal
  readonly warn: (message: string) => void
}

/** One attempt. Done when the broker has confirmed the message; then it is in the queue and outlives the broker. */
export async function publishFailure(bus: FailureBus, failure: RunFailure, options: PublishOptions): Promise<void> {
  const { signal } = options
  const connection = await connectTo(bus, signal)
  try {
    await abortable(publishOver(connection, bus, failure, options), signal)
    await abortable(connection.close(), signal).catch(() => {})
  } finally {
    // A broker that hangs would keep the process alive.
    streamOf(connection).destroy()
  }
}

async function publishOver(
  connection: ChannelModel,
  bus: FailureBus,
  failure: RunFailure,
  { warn }: PublishOptions,
): Promise<void> {
  const { workflowName, workflowVersion, taskName, dagRunId, logUrl } = failure
  const body = { workflowName, workflowVersion, taskName, dagRunId, logUrl }
  const message: Options.Publish = { contentType: 'application/json', persistent: true, mandatory: true }
  let channel = await openChannel(connection)
  try {
    await channel.assertExchange(bus.exchange, 'direct', { durable: true })
    await channel.assertQueue(failureQueue, { durable: true, arguments: { 'x-queue-type': bus.queueType } })
    await channel.bindQueue(failureQueue, bus.exchange, failureRoutingKey)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 406) throw error
    // Somebody declared them otherwise. What matters is that the message arrives.
    warn(
      `${(error as Error).message} The message is published to what is there; make ISB_EXCHANGE and ISB_QUEUE_TYPE fit it.`,
    )
    channel = await openChannel(connection)
  }
  let returned: string | undefined
  channel.on('return', ({ fields }: { fields: { replyText?: string } }) => {
    returned = fields.replyText ?? 'it was returned'
  })
  channel.publish(bus.exchange, failureRoutingKey, Buffer.from(JSON.stringify(body)), message)
  await channel.waitForConfirms()
  if (returned !== undefined) {
    throw new ConfigError('BUS_UNROUTABLE', {
      message: `The exchange ${bus.exchange} has no queue for ${failureRoutingKey} (${returned}). Bind ${failureQueue} to it.`,
    })
  }
}

async function openChannel(connection: ChannelModel): Promise<ConfirmChannel> {
  const channel = await connection.createConfirmChannel()
  // What a call on the channel rejects with says the same.
  channel.on('error', () => {})
  return channel
}

async function connectTo(bus: FailureBus, signal: AbortSignal): Promise<ChannelModel> {
  signal.throwIfAborted()
  const { connect } = await driver()
  const connecting = connect(
    {
      ...{ protocol: 'amqp', hostname: bus.host, port: bus.port, vhost: '/' },
      ...{ username: bus.username, password: bus.password, heartbeat: 30 },
    },
    // The driver listens to nothing else before the connection is open.
    { timeout: 10_000, noDelay: true, clientProperties: { connection_name: 'millrace' } },
  )
  connecting.then((late) => (signal.aborted ? streamOf(late).destroy() : undefined)).catch(() => {})
  const connection = await abortable(connecting, signal)
  connection.on('error', () => {})
  return connection
}

function streamOf(connection: ChannelModel): { destroy(): void } {
  return (connection.connection as unknown as { stream: { destroy(): void } }).stream
}

async function driver(): Promise<typeof import('amqplib')> {
  try {
    return await import('amqplib')
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new ConfigError('DRIVER_MISSING', {
      message:
        'The package "amqplib" is needed to publish to the failure bus and is not installed. Install it with: npm install amqplib@2.3.1',
      details: { driver: 'amqplib' },
      cause,
    })
  }
}
