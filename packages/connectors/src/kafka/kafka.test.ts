import { randomBytes } from 'node:crypto'
import { findKafka, startKafka, type TestKafka } from '@millrace/testing'
import { Admin, type CompressionAlgorithmValue, Producer } from '@platformatic/kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { StreamConnector, StreamConsumer, StreamMessage } from '../kit/stream.ts'
import { describeStreamConnector } from '../kit/stream-connector.contract.ts'
import { definition } from './connector.ts'

const create = (values: ConfigValues) => definition.create(values) as StreamConnector
const pull = { maxMessages: 100, maxBytes: 1_000_000, waitMs: 500 }
const positions = (messages: readonly StreamMessage[]) => messages.map(({ position }) => position.replace(/^.*\//, ''))

describe.skipIf(findKafka() === null)('kafka', () => {
  let server: TestKafka
  let admin: Admin

  const client = () => ({
    clientId: 'test',
    bootstrapBrokers: [`${server.host}:${server.port}`],
    sasl: { mechanism: 'PLAIN' as const, username: server.user, password: server.password },
    retries: 50,
    retryDelay: 200,
  })
  beforeAll(async () => {
    server = await startKafka({ tls: true })
    admin = new Admin(client())
  })
  afterAll(async () => {
    await admin?.close()
    await server?.stop()
  })

  const config = () => ({
    ...{ host: server.host, port: server.port, user: server.user, password: server.password, session_timeout: 2 },
  })
  const createTopic = async (partitions: number) => {
    const name = `orders-${randomBytes(4).toString('hex')}`
    await admin.createTopics({ topics: [name], partitions, replicas: 1 })
    return name
  }
  interface Sent {
    readonly value: Uint8Array | string
    readonly partition?: number
    readonly key?: string
    readonly headers?: Record<string, string>
  }
  async function send(topic: string, messages: readonly Sent[], compression: CompressionAlgorithmValue = 'none') {
    const producer = new Producer({ ...client(), compression })
    const records = messages.map(({ value, key, headers = {}, partition = 0 }) => ({
      ...{ topic, partition, value: Buffer.from(value) },
      ...(key === undefined ? {} : { key: Buffer.from(key) }),
      headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
    }))
    // The broker takes no batch larger than 1 MB.
    for (let at = 0; at < records.length; at += 500) {
      const large = records.some(({ value }) => value.length > 10_000)
      const parts = large ? records.slice(at, at + 500).map((record) => [record]) : [records.slice(at, at + 500)]
      for (const messages of parts) await producer.send({ messages })
    }
    await producer.close()
  }
  async function collect(consumer: StreamConsumer, count: number, limits = pull): Promise<StreamMessage[]> {
    const messages: StreamMessage[] = []
    while (messages.length < count) messages.push(...(await consumer.pull(limits)))
    return messages
  }

  describeStreamConnector('Kafka', () => ({
    definition,
    broker: server,
    config,
    createStream: () => createTopic(3),
    // Only messages of one partition have an order.
    publish: (topic, values) =>
      send(
        topic,
        values.map((value, index) => ({ value, partition: values.length < 100 ? 0 : index % 3 })),
      ),
    missingStream: 'absent',
    shares: true,
    tellsLag: true,
    redirects: true,
    // The broker does not tell; this process has them beside those of the tests.
    async connections() {
      // What was closed is gone a moment later.
      for (let before = -1; ; ) {
        const count = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
        if (count === before) return count
        before = count
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    },
  }))

  it('tells key, headers, time, partition and offset', async () => {
    const topic = await createTopic(2)
    await send(topic, [{ value: 'x', key: 'k', headers: { type: 'order' }, partition: 1 }])
    await using consumer = await create(config()).openConsumer({ stream: topic })
    const [message] = await collect(consumer, 1)
    expect(message).toMatchObject({ key: 'k', headers: { type: 'order' }, position: `${topic}/1@0` })
    expect(Math.abs(Date.now() - Number(message?.time?.getTime()))).toBeLessThan(60_000)
  })

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('reads messages packed with %s', async (compression) => {
    const topic = await createTopic(1)
    const values = Array.from({ length: 500 }, (_, n) => `{"n":${n},"note":"again and again"}`)
    await send(
      topic,
      values.map((value) => ({ value })),
      compression,
    )
    await using consumer = await create(config()).openConsumer({ stream: topic })
    // A batch that was read in part comes whole again.
    const first = await collect(consumer, 7, { ...pull, maxMessages: 7 })
    await consumer.commit()
    await consumer[Symbol.asyncDispose]()
    await using second = await create({ ...config(), group: 'millrace' }).openConsumer({ stream: topic })
    const messages = [...first, ...(await collect(second, 493))]
    expect(messages.map(({ value }) => Buffer.from(value).toString())).toEqual(values)
  })

  it('gives partitions to others without letting a late commit move their offsets', async () => {
    const topic = await createTopic(2)
    const numbers = (partition: number) => Array.from({ length: 10 }, (_, n) => ({ value: `${n}`, partition }))
    await send(topic, [...numbers(0), ...numbers(1)])
    const connector = create({ ...config(), session_timeout: 20 })
    await using slow = await connector.openConsumer({ stream: topic })
    await collect(slow, 20)
    // Takes one partition of two, from where it was committed.
    await using other = await connector.openConsumer({ stream: topic })
    const taken = await collect(other, 10)
    const [partition] = positions(taken).map((position) => position.split('@')[0])
    expect(positions(taken)).toEqual(Array.from({ length: 10 }, (_, n) => `${partition}@${n}`))
    await slow.commit()
    // The slow one may have committed what stayed with it, and nothing of the other.
    expect(await other.lag()).toBe(10)
    await other.commit()
    expect(await other.lag()).toBe(0)
    await slow[Symbol.asyncDispose]()
    await send(topic, [...numbers(0), ...numbers(1)])
    expect(await collect(other, 20)).toHaveLength(20)
    expect(await other.pull(pull)).toEqual([])
  })

  it('drops what it held when it was away for longer than its session', async () => {
    const topic = await createTopic(1)
    await send(topic, [{ value: '1' }, { value: '2' }])
    await using away = await create({ ...config(), session_timeout: 1 }).openConsumer({ stream: topic })
    expect(await collect(away, 2)).toHaveLength(2)
    // Nothing of this process runs meanwhile, signs of life neither.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
    await away.commit()
    const again = await collect(away, 2)
    expect(positions(again)).toEqual(['0@0', '0@1'])
    await away.commit()
    expect(await away.lag()).toBe(0)
  })

  it('says so when its broker is gone, and what was not committed comes again', async () => {
    const topic = await createTopic(1)
    await send(
      topic,
      Array.from({ length: 6 }, (_, n) => ({ value: `${n}` })),
    )
    const connector = create(config())
    const cut = await connector.openConsumer({ stream: topic })
    await collect(cut, 2, { ...pull, maxMessages: 2 })
    await cut.commit()
    await collect(cut, 2, { ...pull, maxMessages: 2 })
    await server.pause('kill')
    await expect(cut.commit()).rejects.toMatchObject({ recovery: 'transient' })
    await expect(connector.openConsumer({ stream: topic })).rejects.toMatchObject({ recovery: 'transient' })
    await cut[Symbol.asyncDispose]()
    await server.resume()
    await using consumer = await connector.openConsumer({ stream: topic })
    expect(positions(await collect(consumer, 4))).toEqual(['0@2', '0@3', '0@4', '0@5'])
  })

  it('leaves out what was part of a transaction that was aborted', async () => {
    const topic = await createTopic(1)
    const producer = new Producer({ ...client(), idempotent: true, transactionalId: `t-${topic}`, acks: -1 })
    const transact = async (how: 'commit' | 'abort', values: readonly string[]) => {
      const transaction = await producer.beginTransaction()
      for (const value of values) {
        await transaction.send({ messages: [{ topic, partition: 0, value: Buffer.from(value) }] })
      }
      await transaction[how]()
    }
    await transact('abort', ['a1', 'a2', 'a3'])
    await transact('commit', ['b1'])
    await transact('abort', ['c1', 'c2'])
    await transact('commit', ['d1', 'd2'])
    await producer.close()
    await using consumer = await create(config()).openConsumer({ stream: topic })
    const texts: string[] = []
    // Small fetches end within transactions.
    while (texts.length < 3) {
      const messages = await consumer.pull({ ...pull, maxBytes: 100 })
      texts.push(...messages.map(({ value }) => Buffer.from(value).toString()))
    }
    expect(texts).toEqual(['b1', 'd1', 'd2'])
    expect(await consumer.pull(pull)).toEqual([])
  })

  it('begins at the end where told to, and there still after a restart', async () => {
    const topic = await createTopic(1)
    const late = () => create(config()).openConsumer({ stream: topic, from: 'latest' })
    await send(topic, [{ value: 'old' }])
    {
      await using consumer = await late()
      expect(await consumer.pull({ ...pull, waitMs: 0 })).toEqual([])
    }
    await send(topic, [{ value: 'new' }])
    await using consumer = await late()
    expect(positions(await collect(consumer, 1))).toEqual(['0@1'])
  })

  it('reads partitions that are added to the topic', async () => {
    const topic = await createTopic(1)
    await using consumer = await create(config()).openConsumer({ stream: topic, from: 'latest' })
    await consumer.pull({ ...pull, waitMs: 0 })
    await admin.createPartitions({
      topics: [{ name: topic, count: 2, assignments: [{ brokerIds: [1] }] }],
      validateOnly: false,
    })
    await admin.metadata({ topics: [topic], forceUpdate: true })
    await send(topic, [{ value: 'x', partition: 1 }])
    expect(positions(await collect(consumer, 1))).toEqual(['1@0'])
  })

  it('goes on with what there is when the broker has thrown away what was next', async () => {
    const topic = await createTopic(1)
    const numbers = Array.from({ length: 10 }, (_, n) => ({ value: `${n}` }))
    await send(topic, numbers)
    await using consumer = await create(config()).openConsumer({ stream: topic })
    await collect(consumer, 2, { ...pull, maxMessages: 2 })
    await consumer.commit()
    await consumer[Symbol.asyncDispose]()
    await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 6n }] }] })
    await using next = await create(config()).openConsumer({ stream: topic })
    expect(positions(await collect(next, 4))).toEqual(['0@6', '0@7', '0@8', '0@9'])
  })

  it('takes its partitions up at once under a name that stays', async () => {
    const topic = await createTopic(1)
    await send(topic, [{ value: '1' }])
    const named = create({ ...config(), instance: 'service', session_timeout: 30 })
    const gone = await named.openConsumer({ stream: topic })
    expect(await collect(gone, 1)).toHaveLength(1)
    await using consumer = await named.openConsumer({ stream: topic })
    expect(await collect(consumer, 1)).toHaveLength(1)
    await consumer.commit()
    await gone[Symbol.asyncDispose]()
  })

  it('connects with SCRAM and TLS, and refuses a certificate that nobody vouches for', async () => {
    const { port = 0, certificateFile = '' } = server.tls ?? {}
    const secure = { ...config(), sasl: 'scram-sha-256', tls: true, port }
    const topic = await createTopic(1)
    await send(topic, [{ value: '1' }])
    const trusted = create({ ...secure, tls_ca: certificateFile, topic })
    expect(await trusted.testConnection()).toMatchObject({
      ok: true,
      message: expect.stringContaining(`The topic ${topic} has 1 partitions`),
    })
    await using consumer = await trusted.openConsumer({ stream: topic })
    expect(await collect(consumer, 1)).toHaveLength(1)
    const tried = await create(secure).testConnection()
    expect(tried).toMatchObject({ ok: false, message: expect.stringContaining('tls_ca') })
    const refused = await create({ ...config(), sasl: 'scram-sha-512' }).testConnection()
    expect(refused.message).toContain('Set sasl')
  })

  it('asks the next broker when the first one does not answer', async () => {
    const values = { ...config(), port: 1, brokers: `${server.host}:${server.port}` }
    expect(await create(values).testConnection()).toMatchObject({ ok: true })
  })
})

it('Kafka is named by a URI', () => {
  expect(definition.parseUri('kafka+tls://me:p%40ss@a:9093,b:9094,c/orders?sasl=scram-sha-512&group=etl')).toEqual({
    ...{ host: 'a', port: '9093', brokers: 'b:9094,c', user: 'me', password: 'p@ss', topic: 'orders' },
    ...{ group: 'etl', sasl: 'scram-sha-512', tls: true },
  })
})
