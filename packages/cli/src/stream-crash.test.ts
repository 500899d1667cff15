import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis'
import { connectorForUri, type SqlConnector, type StreamEvent } from '@millrace/connectors'
import {
  findKafka,
  findRabbitmq,
  findRedis,
  startKafka,
  startKinesis,
  startPostgres,
  startRabbitmq,
  startRedis,
  type TestKafka,
  type TestKinesis,
  type TestPostgres,
  type TestRabbitmq,
  type TestRedis,
} from '@millrace/testing'
import { Admin, Producer } from '@platformatic/kafka'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { connect } from 'amqplib'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

/*
 * `millrace stream` is killed with SIGKILL again and again while messages keep coming, at moments
 * spread over its work. In the end every message is there; those that are there twice are at most one
 * flush for each kill. MILLRACE_CRASH_ROUNDS sets how often (default 4, one for each of the moments).
 */
const rounds = Number(process.env.MILLRACE_CRASH_ROUNDS ?? 4)
const flushRows = 200
const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url))

let postgres: TestPostgres
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-stream-crash-'))
  postgres = await startPostgres()
})
afterAll(async () => {
  await postgres?.stop()
  await rm(folder, { recursive: true, force: true })
})

describe.skipIf(findRedis() === null)('kill -9 of a consumer of Redis Streams', () => {
  let redis: TestRedis
  let client: Redis
  beforeAll(async () => {
    redis = await startRedis()
    client = new Redis(redis.url())
  })
  afterAll(async () => {
    client.disconnect()
    await redis.stop()
  })

  it('loses nothing and repeats at most one flush for each kill', { timeout: 180_000 + rounds * 6000 }, async () => {
    await client.xgroup('CREATE', 'orders', 'millrace', '0', 'MKSTREAM')
    const produce = async (from: number, to: number) => {
      const pipeline = client.pipeline()
      for (let id = from; id <= to; id++) pipeline.xadd('orders', '*', 'id', id, 'note', `order ${id}`)
      await pipeline.exec()
    }
    // A name that stays, as a service has it: what was not committed comes again at once.
    await repeatedly(`${redis.url()}?stream=orders&consumer=service`, produce)
  })
})

describe.skipIf(findRabbitmq() === null)('kill -9 of a consumer of RabbitMQ', () => {
  let rabbitmq: TestRabbitmq
  beforeAll(async () => {
    rabbitmq = await startRabbitmq()
  })
  afterAll(() => rabbitmq.stop())

  it('loses nothing and repeats at most one flush for each kill', { timeout: 180_000 + rounds * 6000 }, async () => {
    const connection = await connect(rabbitmq.url())
    const channel = await connection.createConfirmChannel()
    await channel.assertQueue('orders')
    const produce = async (from: number, to: number) => {
      for (let id = from; id <= to; id++) channel.sendToQueue('orders', Buffer.from(`{"id":${id},"note":"order"}`))
      await channel.waitForConfirms()
    }
    await repeatedly(`${rabbitmq.url()}?queue=orders`, produce)
    await connection.close()
  })
})

describe.skipIf(findKafka() === null)('kill -9 of a consumer of Kafka', () => {
  let kafka: TestKafka
  beforeAll(async () => {
    kafka = await startKafka()
  })
  afterAll(() => kafka.stop())

  it('loses nothing and repeats at most one flush for each kill', { timeout: 180_000 + rounds * 10_000 }, async () => {
    const client = {
      clientId: 'test',
      bootstrapBrokers: [`${kafka.host}:${kafka.port}`],
      sasl: { mechanism: 'PLAIN' as const, username: kafka.user, password: kafka.password },
    }
    const admin = new Admin(client)
    await admin.createTopics({ topics: ['orders'], partitions: 3, replicas: 1 })
    await admin.close()
    const producer = new Producer(client)
    const produce = async (from: number, to: number) => {
      const ids = Array.from({ length: to - from + 1 }, (_, index) => from + index)
      await producer.send({
        messages: ids.map((id) => ({
          ...{ topic: 'orders', partition: id % 3, value: Buffer.from(`{"id":${id},"note":"order"}`) },
        })),
      })
    }
    // A name that stays, as a service has it: what was not committed comes again at once.
    await repeatedly(`${kafka.url()}/orders?instance=service`, produce)
    await producer.close()
  })
})

describe('kill -9 of a consumer of Kinesis', () => {
  let kinesis: TestKinesis
  beforeAll(async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'id').stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
    kinesis = await startKinesis()
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await kinesis.stop()
  })

  it('loses nothing and repeats at most one flush for each kill', { timeout: 180_000 + rounds * 10_000 }, async () => {
    const { endpoint } = kinesis
    const client = new KinesisClient({ endpoint, region: 'us-east-1', requestHandler: new NodeHttpHandler() })
    const StreamName = 'orders'
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 4 }))
    const described = new DescribeStreamSummaryCommand({ StreamName })
    while ((await client.send(described)).StreamDescriptionSummary?.StreamStatus !== 'ACTIVE');
    const produce = async (from: number, to: number) => {
      let records = Array.from({ length: to - from + 1 }, (_, index) => ({
        ...{ Data: Buffer.from(`{"id":${from + index},"note":"order"}`), PartitionKey: `${index}` },
      }))
      while (records.length > 0) {
        const { Records: results = [] } = await client.send(new PutRecordsCommand({ StreamName, Records: records }))
        records = records.filter((_, index) => results[index]?.ErrorCode !== undefined)
      }
    }
    await repeatedly(`kinesis://orders?endpoint=${encodeURIComponent(endpoint)}`, produce)
    client.destroy()
  })
})

async function repeatedly(from: string, produce: (from: number, to: number) => Promise<void>): Promise<void> {
  const to = postgres.url(await postgres.createDatabase())
  const command = ['stream', from, to, '--into', 'orders', '--json', '--flush-interval', '1', '--flush-rows']
  await using watcher = (await connectorForUri(to)) as SqlConnector
  const producer = produceSteadily(produce)
  for (let round = 0; round < rounds; round++) {
    const { child, events, ended } = run([...command, `${flushRows}`])
    // Some are killed while they start, some after so many flushes and a part of the next one, and some
    // as soon as a flush is visible at the destination, which is before it is committed at the broker.
    const flushes = round % 4
    let seen = 0
    while (flushes > 0 && seen < flushes) {
      const { value, done } = await events.next()
      expect(done).not.toBe(true)
      if (value?.type === 'flushed') seen++
    }
    if (flushes === 3) await untilMore(watcher)
    else await new Promise((resolve) => setTimeout(resolve, (round * 7) % 50))
    child.kill('SIGKILL')
    await ended
  }
  const produced = await producer.stop()
  const last = run([...command, '10000', '--drain'])
  const kinds = []
  for await (const event of last.events) kinds.push(event.type)
  expect(await last.ended).toBe(0)
  expect(kinds.at(-1)).toBe('stopped')

  const [counted] = await watcher.query(
    'SELECT count(*) AS rows, count(DISTINCT id::bigint) AS ids, max(id::bigint) AS last FROM orders',
  )
  const [rows, ids, highest] = [Number(counted?.rows), Number(counted?.ids), Number(counted?.last)]
  expect({ ids, highest }).toEqual({ ids: produced, highest: produced })
  expect(rows - ids).toBeLessThanOrEqual(rounds * flushRows)
  const staged = await watcher.query(
    `SELECT tablename FROM pg_tables WHERE schemaname = '_millrace' AND tablename LIKE 's\\_%'`,
  )
  expect(staged).toEqual([])
  // Kinesis has its place there; dead letters would be there too.
  expect((await readdir(folder)).filter((name) => name !== 'kinesis')).toEqual([])
  console.log(`${produced} messages, ${rounds} kills, ${rows - ids} rows twice`)
}

async function untilMore(watcher: SqlConnector): Promise<void> {
  const count = async () => Number(await watcher.query('SELECT count(*) FROM orders', { scalar: true }))
  const before = await count()
  while ((await count()) === before);
}

/** Keeps some messages ahead of any consumer until it is stopped; returns how many there were. */
function produceSteadily(produce: (from: number, to: number) => Promise<void>) {
  let count = 0
  let running = true
  const ended = (async () => {
    while (running) {
      await produce(count + 1, count + 100)
      count += 100
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })()
  return {
    async stop() {
      running = false
      await ended
      return count
    },
  }
}

function run(args: readonly string[]) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_'))
  const child: ChildProcess = spawn(process.execPath, ['--conditions=@millrace/source', bin, ...args], {
    env: { ...Object.fromEntries(own), MILLRACE_HOME: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  async function* parsed(): AsyncGenerator<StreamEvent> {
    for await (const line of lines) yield JSON.parse(line) as StreamEvent
  }
  return { child, events: parsed(), ended }
}
