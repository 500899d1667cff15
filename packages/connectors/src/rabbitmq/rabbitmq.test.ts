import { randomBytes } from 'node:crypto'
import { findRabbitmq, startRabbitmq, type TestRabbitmq } from '@millrace/testing'
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { StreamConnector } from '../kit/stream.ts'
import { describeStreamConnector } from '../kit/stream-connector.contract.ts'
import { definition } from './connector.ts'

const create = (values: ConfigValues) => definition.create(values) as StreamConnector
const pull = { maxMessages: 100, maxBytes: 1_000_000, waitMs: 60_000 }

describe.skipIf(findRabbitmq() === null)('rabbitmq', () => {
  let server: TestRabbitmq
  let connection: ChannelModel

  beforeAll(async () => {
    server = await startRabbitmq({ tls: true })
  })
  afterAll(async () => {
    await connection?.close().catch(() => {})
    await server?.stop()
  })

  const config = () => ({
    host: server.host,
    port: server.port,
    user: server.user,
    password: server.password,
    vhost: '/',
  })
  /** The broker may have restarted since. */
  async function onChannel<T>(work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
    const attempt = async () => {
      const channel = await connection.createConfirmChannel()
      const result = await work(channel)
      await channel.close()
      return result
    }
    try {
      return await attempt()
    } catch {
      connection = await connect(server.url())
      connection.on('error', () => {})
      return await attempt()
    }
  }
  const createQueue = (options: object = {}) =>
    onChannel(async (channel) => {
      const name = `orders-${randomBytes(4).toString('hex')}`
      await channel.assertQueue(name, { durable: true, ...options })
      return name
    })
  const publish = (queue: string, values: readonly Uint8Array[], options: object = {}) =>
    onChannel(async (channel) => {
      for (const value of values) channel.sendToQueue(queue, Buffer.from(value), { persistent: true, ...options })
      await channel.waitForConfirms()
    })

  const connections = async () => {
    const list = await server.control('-q', 'list_connections', 'client_properties')
    return list.split('connection_name').length - 1
  }

  describe.each([
    ['a classic queue', {}],
    ['a quorum queue', { arguments: { 'x-queue-type': 'quorum' } }],
  ])('with %s', (_, options) => {
    describeStreamConnector('RabbitMQ', () => ({
      definition,
      broker: server,
      config,
      createStream: () => createQueue(options),
      publish,
      missingStream: 'absent',
      shares: true,
      tellsLag: true,
      connections,
    }))
  })

  it('tells key, id, time and headers, and where a dead letter of another queue comes from', async () => {
    const dead = await createQueue()
    const queue = await createQueue({ arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': dead } })
    const timestamp = 1_700_000_000
    await publish(queue, [Buffer.from('x')], { messageId: 'm-1', timestamp, headers: { type: 'order', n: 1 } })
    await onChannel(async (channel) => {
      const message = await channel.get(queue)
      if (message) channel.nack(message, false, false)
    })
    await using consumer = await create(config()).openConsumer({ stream: dead })
    const [message] = await consumer.pull(pull)
    expect(message).toMatchObject({
      key: dead,
      position: `${dead}@m-1`,
      time: new Date(timestamp * 1000),
      headers: { type: 'order', n: '1', 'x-death': expect.stringContaining(queue) },
    })
  })

  it('refuses a queue of the type stream, whose place it could not keep', async () => {
    const queue = await createQueue({ arguments: { 'x-queue-type': 'stream' } })
    const opening = create(config()).openConsumer({ stream: queue })
    await expect(opening).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
  })

  it('says that a queue was deleted', async () => {
    const queue = await createQueue()
    await using consumer = await create(config()).openConsumer({ stream: queue })
    const pulling = consumer.pull({ ...pull, waitMs: 30_000 })
    pulling.catch(() => {})
    const deleting = onChannel(async (channel) => {
      while ((await channel.checkQueue(queue)).consumerCount === 0);
      await channel.deleteQueue(queue)
    })
    await expect(pulling).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' })
    await deleting
  })

  it('connects with TLS, and refuses a certificate that nobody vouches for', async () => {
    const secure = { ...config(), tls: true, port: server.tls?.port ?? 0 }
    const trusted = create({ ...secure, tls_ca: server.tls?.certificateFile ?? '' })
    expect(await trusted.testConnection()).toMatchObject({
      ok: true,
      serverVersion: expect.stringMatching(/^RabbitMQ/),
    })
    expect(await create(secure).testConnection()).toMatchObject({
      ok: false,
      message: expect.stringContaining('tls_ca'),
    })
  })

  it('is named by a URI', () => {
    expect(definition.parseUri('amqps://me:p%40ss@host/shop?queue=orders')).toEqual({
      ...{ host: 'host', port: 5671, user: 'me', password: 'p@ss', vhost: 'shop', queue: 'orders', tls: true },
    })
  })
})
