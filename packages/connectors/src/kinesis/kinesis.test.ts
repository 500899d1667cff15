import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis'
import { freePort, startKinesis, type TestKinesis } from '@millrace/testing'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConsumeOptions, StreamConnector, StreamConsumer, StreamMessage } from '../kit/stream.ts'
import { describeStreamConnector } from '../kit/stream-connector.contract.ts'
import { definition } from './connector.ts'

const pull = { maxMessages: 1000, maxBytes: 1_000_000, waitMs: 300 }
const keys = { access_key_id: 'id', secret_access_key: 'a secret' }
const texts = (messages: readonly StreamMessage[]) => messages.map(({ value }) => Buffer.from(value).toString())

describe('kinesis', () => {
  let server: TestKinesis
  let client: KinesisClient
  let stateDirectory: string

  beforeAll(async () => {
    server = await startKinesis()
    const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
    client = new KinesisClient({
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials,
      requestHandler: new NodeHttpHandler(),
    })
    stateDirectory = await mkdtemp(join(tmpdir(), 'millrace-kinesis-'))
  })
  afterAll(async () => {
    client?.destroy()
    await server?.stop()
    await rm(stateDirectory, { recursive: true, force: true })
  })

  const config = () => ({ endpoint: server.endpoint, region: 'us-east-1', ...keys })
  const create = (values = {}) => definition.create({ ...config(), ...values }) as StreamConnector
  const openConsumer = (stream: string, options: Partial<ConsumeOptions> = {}) =>
    create().openConsumer({ stream, stateDirectory, ...options })
  const active = async (stream: string) => {
    const command = new DescribeStreamSummaryCommand({ StreamName: stream })
    while ((await client.send(command)).StreamDescriptionSummary?.StreamStatus !== 'ACTIVE');
  }
  const createStream = async (shards = 1) => {
    const name = `orders-${randomBytes(4).toString('hex')}`
    await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }))
    await active(name)
    return name
  }
  const put = (stream: string, values: readonly (string | Uint8Array)[], key = 'k') =>
    client.send(
      new PutRecordsCommand({
        StreamName: stream,
        Records: values.map((value) => ({ Data: Buffer.from(value), PartitionKey: key })),
      }),
    )
  async function collect(consumer: StreamConsumer, count: number, limits = pull): Promise<StreamMessage[]> {
    const messages: StreamMessage[] = []
    while (messages.length < count) messages.push(...(await consumer.pull(limits)))
    return messages
  }
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`)

  describeStreamConnector('Kinesis', () => ({
    definition,
    broker: null,
    consumeOptions: { stateDirectory },
    config,
    createStream: () => createStream(),
    async publish(stream, values) {
      // The service takes 500 records and 5 MB at once.
      for (let at = 0; at < values.length; at += 100) await put(stream, values.slice(at, at + 100))
    },
    missingStream: 'no-such-stream',
    shares: false,
    tellsLag: false,
  }))

  it('hands records out in order and as they are', async () => {
    const stream = await createStream()
    const binary = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    await put(stream, ['{"n":1}', binary, 'ä €'])
    await using consumer = await openConsumer(stream)
    const messages = await collect(consumer, 3)
    expect(messages.map(({ value }) => Buffer.from(value))).toEqual([
      Buffer.from('{"n":1}'),
      binary,
      Buffer.from('ä €'),
    ])
    expect(messages[0]).toMatchObject({ key: 'k', headers: {}, redelivered: false })
    expect(messages[0]?.position).toMatch(new RegExp(`^${stream}/shardId-0+@\\d+$`))
    expect(Math.abs(Date.now() - Number(messages[0]?.time?.getTime()))).toBeLessThan(60_000)
    expect(await consumer.lag()).toBeNull()
  })

  it('goes on after what was committed', async () => {
    const stream = await createStream(3)
    await put(stream, numbers(1, 10))
    {
      await using consumer = await openConsumer(stream)
      expect(texts(await collect(consumer, 4, { ...pull, maxMessages: 4 }))).toEqual(numbers(1, 4))
      await consumer.commit()
      expect(texts(await collect(consumer, 3, { ...pull, maxMessages: 3 }))).toEqual(numbers(5, 7))
    }
    await using consumer = await openConsumer(stream)
    expect(texts(await collect(consumer, 6))).toEqual(numbers(5, 10))
    await consumer.commit()
    expect(await consumer.pull(pull)).toEqual([])
    await using other = await openConsumer(stream, { group: 'other' })
    expect(await collect(other, 10)).toHaveLength(10)
  })

  it('reads parents before their children when shards are split and merged', async () => {
    const stream = await createStream(1)
    const values: string[] = []
    const add = async (count: number) => {
      const more = numbers(values.length + 1, values.length + count)
      await put(stream, more)
      values.push(...more)
    }
    const openShards = async () => {
      const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }))
      return Shards.filter(({ SequenceNumberRange }) => !SequenceNumberRange?.EndingSequenceNumber)
    }
    await add(5)
    const [shard] = await openShards()
    const half = (BigInt(shard?.HashKeyRange?.EndingHashKey ?? 0) / 2n).toString()
    await client.send(
      new SplitShardCommand({ StreamName: stream, ShardToSplit: shard?.ShardId, NewStartingHashKey: half }),
    )
    await active(stream)
    await add(5)
    const seen: string[] = []
    {
      await using consumer = await openConsumer(stream)
      seen.push(...texts(await collect(consumer, 7, { ...pull, maxMessages: 1 })))
      await consumer.commit()
    }
    const [one, other] = await openShards()
    await client.send(
      new MergeShardsCommand({
        StreamName: stream,
        ShardToMerge: one?.ShardId,
        AdjacentShardToMerge: other?.ShardId,
      }),
    )
    await active(stream)
    await add(5)
    await using consumer = await openConsumer(stream)
    seen.push(...texts(await collect(consumer, 4)))
    await add(1)
    seen.push(...texts(await collect(consumer, values.length - seen.length)))
    expect(seen).toEqual(values)
    await consumer.commit()
    await consumer[Symbol.asyncDispose]()
    await using again = await openConsumer(stream)
    expect(await again.pull(pull)).toEqual([])
  })

  it('begins with what is new where told to, and there still after a restart', async () => {
    const stream = await createStream()
    await put(stream, ['old'])
    await new Promise((resolve) => setTimeout(resolve, 50))
    {
      await using consumer = await openConsumer(stream, { from: 'latest' })
      expect(await consumer.pull(pull)).toEqual([])
    }
    await put(stream, ['new'])
    await using consumer = await openConsumer(stream, { from: 'latest' })
    expect(texts(await collect(consumer, 1))).toEqual(['new'])
  })

  it('holds no more than it may, waits, and ends a pull that is aborted', async () => {
    const stream = await createStream()
    await using consumer = await openConsumer(stream, { maxUncommitted: 3 })
    const waiting = consumer.pull({ ...pull, waitMs: 20_000 })
    await put(stream, numbers(1, 5))
    expect(texts(await waiting)).toEqual(numbers(1, 3))
    expect(await consumer.pull(pull)).toEqual([])
    await consumer.commit()
    expect(texts(await collect(consumer, 2))).toEqual(['4', '5'])
    const controller = new AbortController()
    const aborted = consumer.pull({ ...pull, waitMs: 20_000, signal: controller.signal })
    aborted.catch(() => {})
    const reason = new Error('enough')
    setImmediate(() => controller.abort(reason))
    await expect(aborted).rejects.toBe(reason)
    await consumer.commit()
    expect(await consumer.pull(pull)).toEqual([])
  })

  it('lets one process at a time read for a group, and leaves nothing beside its place', async () => {
    const stream = await createStream()
    const directory = join(stateDirectory, 'own')
    {
      await using _ = await openConsumer(stream, { stateDirectory: directory })
      const second = openConsumer(stream, { stateDirectory: directory })
      await expect(second).rejects.toMatchObject({ recovery: 'config' })
    }
    expect(await readdir(join(directory, 'kinesis'))).toEqual([expect.stringMatching(/^[0-9a-f]{24}\.json$/)])
  })

  it('tells what is wrong with a stream, an endpoint and the settings', async () => {
    await expect(openConsumer('absent')).rejects.toMatchObject({ recovery: 'config', code: 'STREAM_NOT_FOUND' })
    const away = create({ endpoint: `http://127.0.0.1:${await freePort()}` })
    await expect(away.openConsumer({ stream: 'x', stateDirectory })).rejects.toMatchObject({ recovery: 'transient' })
    await expect(create().openConsumer({ stream: 'x' })).rejects.toMatchObject({ code: 'STATE_DIRECTORY_REQUIRED' })
    const stream = await createStream(2)
    const tried = await create({ stream }).testConnection()
    expect(tried).toMatchObject({ ok: true, message: expect.stringContaining('has 2 open shards') })
    expect(await create().testConnection()).toMatchObject({ ok: true })
  })
})

it('Kinesis is named by a URI that holds no secrets', () => {
  expect(definition.parseUri('kinesis://Orders?region=eu-central-1')).toEqual({
    ...{ stream: 'Orders', region: 'eu-central-1' },
  })
  expect(() => definition.parseUri('kinesis://id:secret@Orders')).toThrow(/never from the address/)
  expect(() => definition.parseUri('kinesis://Orders?secret_access_key=x')).toThrow(/never from the address/)
})
