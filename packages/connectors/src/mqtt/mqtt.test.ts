import { randomBytes } from 'node:crypto'
import { findMosquitto, startMosquitto, type TestMosquitto } from '@millrace/testing'
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { StreamConnector } from '../kit/stream.ts'
import { describeStreamConnector } from '../kit/stream-connector.contract.ts'
import { definition } from './connector.ts'

const create = (values: ConfigValues) => definition.create(values) as StreamConnector
const pull = { maxMessages: 100, maxBytes: 1_000_000, waitMs: 60_000 }

describe.skipIf(findMosquitto() === null)('mqtt', () => {
  let server: TestMosquitto
  let client: MqttClient

  beforeAll(async () => {
    server = await startMosquitto()
    client = await connectAsync(server.url(), { protocolVersion: 5, reconnectPeriod: 50 })
    client.on('error', () => {})
  })
  afterAll(async () => {
    await client?.endAsync(true)
    await server?.stop()
  })

  const config = () => ({ host: server.host, port: server.port, user: server.user, password: server.password })
  const publish = async (topic: string, values: readonly Uint8Array[], options: object = {}) => {
    for (const value of values) await client.publishAsync(topic, Buffer.from(value), { qos: 1, ...options })
  }
  let clientId = ''
  const newTopic = () => {
    clientId = `millrace-${randomBytes(4).toString('hex')}`
    return `orders/${clientId}`
  }

  describeStreamConnector('MQTT', () => ({
    definition,
    broker: server,
    config: () => ({ ...config(), client_id: clientId }),
    async createStream() {
      const topic = newTopic()
      await using _ = await create({ ...config(), client_id: clientId }).openConsumer({ stream: topic })
      return topic
    },
    publish,
    missingStream: null,
    shares: false,
    tellsLag: false,
  }))

  it('reads all topics that match, with their properties', async () => {
    newTopic()
    const connector = create({ ...config(), client_id: clientId })
    await using consumer = await connector.openConsumer({ stream: `${clientId}/+/x` })
    await publish(`${clientId}/a/x`, [Buffer.from('1')], { properties: { userProperties: { type: 'order' } } })
    await publish(`${clientId}/a/y`, [Buffer.from('2')])
    expect(await consumer.pull(pull)).toMatchObject([
      { key: `${clientId}/a/x`, headers: { type: 'order' }, redelivered: false },
    ])
    expect(await consumer.pull({ ...pull, waitMs: 100 })).toEqual([])
    await consumer.commit()
  })

  it('begins with the retained message, unless told to begin at the end', async () => {
    const topic = newTopic()
    await publish(topic, [Buffer.from('kept')], { retain: true })
    const open = (from: 'earliest' | 'latest') =>
      create({ ...config(), client_id: `${clientId}-${from}` }).openConsumer({ stream: topic, from })
    await using early = await open('earliest')
    expect(await early.pull(pull)).toHaveLength(1)
    await using late = await open('latest')
    expect(await late.pull({ ...pull, waitMs: 200 })).toEqual([])
  })

  it('shares a subscription among clients', async () => {
    const topic = newTopic()
    const open = (name: string) =>
      create({ ...config(), shared: true, client_id: `${clientId}-${name}` }).openConsumer({ stream: topic })
    await using one = await open('one')
    await using two = await open('two')
    await publish(
      topic,
      Array.from({ length: 40 }, (_, n) => Buffer.from(`${n}`)),
    )
    const seen: number[] = [0, 0]
    for (let total = 0; total < 40; ) {
      for (const [index, consumer] of [one, two].entries()) {
        const { length } = await consumer.pull({ ...pull, waitMs: 50 })
        seen[index] = (seen[index] as number) + length
        total += length
      }
    }
    expect(Math.min(...seen)).toBeGreaterThan(0)
    const nameless = create({ ...config(), shared: true }).openConsumer({ stream: topic })
    await expect(nameless).rejects.toMatchObject({ code: 'CLIENT_ID_REQUIRED' })
  })

  it('ends when another consumer takes its session over', async () => {
    const topic = newTopic()
    const connector = create({ ...config(), client_id: clientId })
    await using first = await connector.openConsumer({ stream: topic })
    const pulling = first.pull({ ...pull, waitMs: 20_000 })
    pulling.catch(() => {})
    await using _ = await connector.openConsumer({ stream: topic })
    // Not every broker says why it closes the connection.
    const codes = /^(SESSION_TAKEN_OVER|CONNECTION_LOST)$/
    await expect(pulling).rejects.toMatchObject({ code: expect.stringMatching(codes) })
  })

  it('connects with TLS, and refuses a certificate that nobody vouches for', async () => {
    await using secure = await startMosquitto({ tls: true })
    const { host, port, user, password, certificateFile = '' } = secure
    const values = { host, port, user, password, tls: true }
    expect(await create({ ...values, tls_ca: certificateFile }).testConnection()).toMatchObject({ ok: true })
    expect(await create(values).testConnection()).toMatchObject({
      ok: false,
      message: expect.stringContaining('tls_ca'),
    })
  })

  it('is named by a URI', () => {
    expect(definition.parseUri('mqtts://me:p%40ss@host?topic=sensors/%2B/%23')).toEqual({
      ...{ host: 'host', port: 8883, user: 'me', password: 'p@ss', topic: 'sensors/+/#', tls: true },
    })
  })
})
