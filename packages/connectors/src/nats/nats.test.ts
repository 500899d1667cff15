import { randomBytes } from 'node:crypto'
import { findNats, startNats, type TestNats } from '@millrace/testing'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { StreamConnector } from '../kit/stream.ts'
import { describeStreamConnector } from '../kit/stream-connector.contract.ts'
import { definition } from './connector.ts'

const create = (values: ConfigValues) => definition.create(values) as StreamConnector
const pull = { maxMessages: 100, maxBytes: 1_000_000, waitMs: 60_000 }

describe.skipIf(findNats() === null)('nats', () => {
  let server: TestNats
  let connection: NatsConnection

  beforeAll(async () => {
    server = await startNats()
    const { port, user, password: pass } = server
    connection = await connect({ ...{ port, user, pass }, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  })
  afterAll(async () => {
    await connection?.close()
    await server?.stop()
  })

  const config = () => ({ host: server.host, port: server.port, user: server.user, password: server.password })
  const createStream = async () => {
    const name = `orders-${randomBytes(4).toString('hex')}`
    const manager = await jetstreamManager(connection)
    await manager.streams.add({ name, subjects: [`${name}.>`] })
    return name
  }
  async function publish(stream: string, values: readonly Uint8Array[], subject = 'new') {
    const client = jetstream(connection)
    for (const value of values) await client.publish(`${stream}.${subject}`, value)
  }

  describeStreamConnector('NATS JetStream', () => ({
    definition,
    broker: server,
    config: () => ({ ...config(), ack_wait: 1 }),
    createStream,
    publish: (stream, values) => publish(stream, values),
    missingStream: 'absent',
    shares: true,
    tellsLag: true,
  }))

  it('tells subject, time, sequence and headers', async () => {
    const stream = await createStream()
    const head = headers()
    head.set('type', 'order')
    await jetstream(connection).publish(`${stream}.new`, 'x', { headers: head })
    await using consumer = await create(config()).openConsumer({ stream })
    expect(await consumer.pull(pull)).toMatchObject([
      { key: `${stream}.new`, position: `${stream}@1`, headers: { type: 'order' }, redelivered: false },
    ])
  })

  it('takes only the subjects that it is told to, and begins at the end where told to', async () => {
    const stream = await createStream()
    await publish(stream, [Buffer.from('1')], 'new')
    await publish(stream, [Buffer.from('2')], 'old.x')
    await using some = await create({ ...config(), subject: `${stream}.old.>` }).openConsumer({ stream, group: 'some' })
    expect((await some.pull(pull)).map(({ key }) => key)).toEqual([`${stream}.old.x`])
    await using late = await create(config()).openConsumer({ stream, group: 'late', from: 'latest' })
    await publish(stream, [Buffer.from('3')])
    expect((await late.pull(pull)).map(({ position }) => position)).toEqual([`${stream}@3`])
  })

  it('keeps messages of a slow consumer from others', async () => {
    const stream = await createStream()
    await publish(stream, [Buffer.from('1')])
    const connector = create({ ...config(), ack_wait: 2 })
    await using slow = await connector.openConsumer({ stream })
    expect(await slow.pull(pull)).toHaveLength(1)
    await using other = await connector.openConsumer({ stream })
    for (let n = 0; n < 12; n++) expect(await other.pull({ ...pull, waitMs: 200 })).toEqual([])
    await slow.commit()
    expect(await slow.lag()).toBe(0)
  })

  it('keeps to the limit of a consumer that somebody made, and refuses one that pushes', async () => {
    const stream = await createStream()
    const manager = await jetstreamManager(connection)
    await manager.consumers.add(stream, { durable_name: 'small', ack_policy: 'explicit', max_ack_pending: 7 })
    await using consumer = await create(config()).openConsumer({ stream, group: 'small' })
    expect(consumer.maxUncommitted).toBe(7)
    await manager.consumers.add(stream, { durable_name: 'none', ack_policy: 'none' })
    const opening = create(config()).openConsumer({ stream, group: 'none' })
    await expect(opening).rejects.toMatchObject({ code: 'GROUP_NOT_USABLE' })
    await expect(create(config()).openConsumer({ stream, group: 'a.b' })).rejects.toMatchObject({ recovery: 'config' })
  })

  it('connects with TLS, and refuses a certificate that nobody vouches for', async () => {
    await using secure = await startNats({ tls: true })
    const { host, port, user, password, certificateFile = '' } = secure
    const values = { host, port, user, password, tls: true }
    const trusted = create({ ...values, tls_ca: certificateFile })
    expect(await trusted.testConnection()).toMatchObject({ ok: true, serverVersion: expect.stringMatching(/^NATS 2/) })
    expect(await create(values).testConnection()).toMatchObject({
      ok: false,
      message: expect.stringContaining('tls_ca'),
    })
  })

  it('is named by a URI', () => {
    expect(definition.parseUri('nats+tls://me:p%40ss@host:4223?stream=ORDERS&subject=orders.%3E')).toEqual({
      ...{ host: 'host', port: '4223', user: 'me', password: 'p@ss', stream: 'ORDERS', subject: 'orders.>', tls: true },
    })
  })
})
