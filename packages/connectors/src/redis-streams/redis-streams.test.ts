import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRedis, startRedis, type TestRedis } from '@millrace/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { SqlConnector } from '../kit/connector.ts'
import type { StreamConnector } from '../kit/stream.ts'
import { describeStreamConnector } from '../kit/stream-connector.contract.ts'
import { definition as sqlite } from '../sqlite/connector.ts'
import { runStream } from '../stream/run-stream.ts'
import { definition } from './connector.ts'

const create = (values: ConfigValues) => definition.create(values) as StreamConnector

describe.skipIf(findRedis() === null)('redis-streams', () => {
  let server: TestRedis
  let client: Redis

  beforeAll(async () => {
    server = await startRedis({ tls: true })
    client = new Redis(server.url(), { maxRetriesPerRequest: null })
    client.on('error', () => {})
  })
  afterAll(async () => {
    client.disconnect()
    await server.stop()
  })

  const config = () => ({ host: server.host, port: server.port, password: server.password })
  const add = (stream: string, ...fields: (string | Buffer)[]) => client.xadd(stream, '*', ...fields)
  const createStream = async () => {
    const name = `orders-${randomBytes(4).toString('hex')}`
    await client.xgroup('CREATE', name, 'other', '$', 'MKSTREAM')
    return name
  }

  describeStreamConnector('Redis Streams', () => ({
    definition,
    broker: server,
    config: () => ({ ...config(), field: 'payload', claim_after: 1 }),
    createStream,
    async publish(stream, values) {
      await Promise.all(values.map((value) => add(stream, 'payload', Buffer.from(value))))
    },
    missingStream: 'absent',
    shares: true,
    tellsLag: true,
    async connections() {
      const list = (await client.client('LIST')) as string
      return list.split('\n').filter((line) => line.includes('name=millrace')).length
    },
  }))

  const pull = { maxMessages: 100, maxBytes: 1_000_000, waitMs: 100 }

  it('makes an object of all fields, and headers of the fields beside the chosen one', async () => {
    const stream = await createStream()
    await add(stream, 'id', '1', 'name', 'a "b"\n', 'type', 'x')
    await using whole = await create(config()).openConsumer({ stream, group: 'whole' })
    const [message] = await whole.pull(pull)
    expect(JSON.parse(Buffer.from(message?.value ?? []).toString())).toEqual({ id: '1', name: 'a "b"\n', type: 'x' })
    expect(message?.position).toMatch(new RegExp(`^${stream}@\\d+-0$`))
    await using one = await create({ ...config(), field: 'name' }).openConsumer({ stream, group: 'one' })
    const [named] = await one.pull(pull)
    expect(Buffer.from(named?.value ?? []).toString()).toBe('a "b"\n')
    expect(named?.headers).toEqual({ id: '1', type: 'x' })
  })

  it('takes messages over from consumers that are dead, not from slow ones', async () => {
    const stream = await createStream()
    await add(stream, 'payload', '{"n":1}')
    const connector = create({ ...config(), claim_after: 1 })
    const slow = await connector.openConsumer({ stream })
    expect(await slow.pull(pull)).toHaveLength(1)
    await using other = await connector.openConsumer({ stream })
    for (let n = 0; n < 15; n++) expect(await other.pull({ ...pull, waitMs: 150 })).toEqual([])
    await slow[Symbol.asyncDispose]()
    let taken: readonly unknown[] = []
    while (taken.length === 0) taken = await other.pull(pull)
    expect(taken).toMatchObject([{ redelivered: true }])
    await other.commit()
  })

  it('takes its own messages up at once under a name that stays', async () => {
    const stream = await createStream()
    await add(stream, 'payload', '{"n":1}')
    await add(stream, 'payload', '{"n":2}')
    await client.xgroup('CREATE', stream, 'millrace', '0')
    await client.xreadgroup('GROUP', 'millrace', 'pod-1', 'COUNT', 1, 'STREAMS', stream, '>')
    const named = create({ ...config(), consumer: 'pod-1' })
    await using consumer = await named.openConsumer({ stream })
    const messages = await consumer.pull(pull)
    expect(messages.map(({ redelivered }) => redelivered)).toEqual([true, false])
    await consumer.commit()
    expect(await consumer.lag()).toBe(0)
  })

  it('leaves no consumer behind, and begins at the end where told to', async () => {
    const stream = await createStream()
    await add(stream, 'payload', 'old')
    {
      await using consumer = await create(config()).openConsumer({ stream, from: 'latest' })
      await add(stream, 'payload', 'new')
      expect(await consumer.pull(pull)).toHaveLength(1)
    }
    const consumers = (await client.xinfo('CONSUMERS', stream, 'millrace')) as string[][]
    expect(consumers.map((fields) => fields[1])).toEqual(['millrace-returned'])
  })

  it('goes on into a table when the server restarts in between', async () => {
    const stream = await createStream()
    const folder = await mkdtemp(join(tmpdir(), 'millrace-redis-'))
    await using to = sqlite.create({ path: join(folder, 'a.db') }) as SqlConnector
    const stop = new AbortController()
    const kinds: string[] = []
    await add(stream, 'id', '1')
    const done = runStream(
      {
        from: { connector: create({ ...config(), claim_after: 1 }), stream },
        to: { kind: 'table', connector: to, table: { scope: [], name: 'orders' } },
        ...{ flush: { ms: 50 }, deadLetter: join(folder, 'dead.ndjson') },
      },
      {
        signal: stop.signal,
        onEvent(event) {
          kinds.push(event.type)
          if (event.type === 'flushed' && event.totals.rows === 1)
            void server.restart('stop').then(() => add(stream, 'id', '2'))
          if (event.type === 'flushed' && event.totals.rows === 2) stop.abort(new Error('enough'))
        },
      },
    )
    expect(await done).toMatchObject({ rows: 2, deadLetters: 0 })
    expect(kinds).toContain('retry')
    expect(await to.query('select id from orders order by id')).toEqual([{ id: '1' }, { id: '2' }])
    await rm(folder, { recursive: true })
  })

  it('connects with TLS, and refuses a certificate that nobody vouches for', async () => {
    const secure = { ...config(), tls: true, port: server.tls?.port ?? 0 }
    const trusted = create({ ...secure, tls_ca: server.tls?.certificateFile ?? '' })
    expect(await trusted.testConnection()).toMatchObject({ ok: true, serverVersion: expect.stringMatching(/^Redis 7/) })
    const tried = await create(secure).testConnection()
    expect(tried).toMatchObject({ ok: false, message: expect.stringContaining('tls_ca') })
    expect(await create({ ...secure, tls_verify: false }).testConnection()).toMatchObject({ ok: true })
  })

  it('is named by a URI', () => {
    expect(definition.parseUri('rediss://me:p%40ss@host:6380/2?stream=orders&field=payload')).toEqual({
      ...{ host: 'host', port: '6380', user: 'me', password: 'p@ss', db: '2', stream: 'orders', field: 'payload' },
      tls: true,
    })
  })
})
