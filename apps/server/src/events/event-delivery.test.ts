import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type PlatformSettings, readPlatformSettings } from '@millrace/core'
import { type Db, openDatabase, sql } from '@millrace/db'
import {
  findRabbitmq,
  findRedis,
  startRabbitmq,
  startRedis,
  type TestRabbitmq,
  type TestRedis,
} from '@millrace/testing'
import { connect } from 'amqplib'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { change } from '../change.ts'
import { newId } from '../ids.ts'
import { useServers } from '../test-server.fixture.ts'
import { avroType } from './event-message.ts'
import { emitEvent, startEventDelivery } from './index.ts'

const servers = useServers()
const source = 'renku-data-services'
const stream = 'data_service.all_events'
const log = { info: () => {}, warn: () => {}, error: vi.fn() }
const settingsOf = (more: Partial<PlatformSettings>) => ({ ...readPlatformSettings({ env: {} }), ...more })
const quick = { log, pollIntervalMs: 50, maxDelayMs: 100 }

/** The numbers of a project's changes, told as its name. */
const rename = (db: Db, id: string, name: string) =>
  change(db, { id: 'ada', requestId: `request-${name}` }, async (trx) => {
    const project = { id, name, namespace: 'ada', slug: 'p', repositories: ['https://git.example/x'], keywords: ['a'] }
    await emitEvent(trx, 'project.updated', { ...project, visibility: 'PRIVATE' })
  })
const waiting = async (db: Db) =>
  (await db.one<{ count: number }>(sql`select count(*) as count from events.event`)).count
const untilSent = (db: Db) =>
  vi.waitFor(async () => expect(await waiting(db)).toBe(0), { timeout: 90_000, interval: 20 })

interface Received {
  readonly id: string
  readonly headers: Record<string, unknown>
  // biome-ignore lint/suspicious/noExplicitAny: of many types
  readonly payload: any
}

function decoded(id: string, headers: Record<string, unknown>, payload: Buffer): Received {
  return { id, headers, payload: { ...avroType(`${headers.type}`).fromBuffer(payload) } }
}

/** Names by project, in the order of the first arrival of each: what comes again says nothing new. */
function namesByProject(received: readonly Received[]): Record<string, string[]> {
  const names: Record<string, string[]> = {}
  const seen = new Set<string>()
  for (const { id, payload } of received) {
    if (seen.has(id)) continue
    seen.add(id)
    names[payload.id] = [...(names[payload.id] ?? []), payload.name]
  }
  return names
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index}`)

describe.skipIf(findRedis() === null)('events to Redis', () => {
  let redis: TestRedis
  let client: Redis
  beforeAll(async () => {
    redis = await startRedis()
    client = new Redis(redis.url(), { retryStrategy: () => 50 })
    client.on('error', () => {})
  })
  afterEach(async () => await client.del(stream))
  afterAll(async () => {
    client?.disconnect()
    await redis?.stop()
  })
  const received = async () =>
    (await client.xrangeBuffer(stream, '-', '+')).map(([, fields]) => {
      const [, id, , headers, , payload] = fields
      return decoded(`${id}`, JSON.parse(`${headers}`), payload ?? Buffer.alloc(0))
    })

  it('arrive as they are specified, and leave the table', async () => {
    const { db } = await servers.start()
    await using _delivery = await startEventDelivery(db, {
      ...quick,
      settings: settingsOf({ eventsRedisUrl: redis.url() }),
    })
    const id = newId()
    const fields = { id, name: 'P', namespace: 'ada', slug: 'p', repositories: [], keywords: ['x'] }
    const creationDate = '2026-03-01T10:00:00.000Z'
    await change(db, { id: 'ada', requestId: 'r-1' }, async (trx) => {
      await emitEvent(trx, 'project.created', { ...fields, visibility: 'PUBLIC', createdBy: 'ada', creationDate })
      await emitEvent(trx, 'projectAuth.added', { projectId: id, userId: 'ada', role: 'OWNER' })
    })
    await untilSent(db)
    const [created, added] = await received()
    expect(created?.id).toMatch(/^[0-9a-f]{32}$/)
    expect(created?.headers).toMatchObject({
      type: 'project.created',
      source,
      dataContentType: 'application/avro+binary',
      schemaVersion: '2',
      requestId: 'r-1',
    })
    expect(Date.parse(`${created?.headers.time}`)).toBeGreaterThan(Date.now() - 60_000)
    expect(created?.payload).toEqual({
      ...fields,
      visibility: 'PUBLIC',
      description: null,
      createdBy: 'ada',
      creationDate,
    })
    expect(added?.payload).toEqual({ projectId: id, userId: 'ada', role: 'OWNER' })
  })

  it('case 13: an event is there exactly when its change was committed', async () => {
    const { db } = await servers.start()
    const fail = change(db, { id: 'ada' }, async (trx) => {
      await emitEvent(trx, 'user.removed', { id: 'bob' })
      throw new Error('no')
    })
    await expect(fail).rejects.toThrow('no')
    expect(await waiting(db)).toBe(0)
    await change(db, { id: 'ada' }, async (trx) => await emitEvent(trx, 'user.removed', { id: 'bob' }))
    expect(await waiting(db)).toBe(1)
  })

  it('case 13: two senders lose none, and keep the order of each project', async () => {
    const { db, databaseUrl } = await servers.start()
    const settings = settingsOf({ eventsRedisUrl: redis.url() })
    await using other = await openDatabase({ url: databaseUrl })
    await using _one = await startEventDelivery(db, { ...quick, settings })
    await using _two = await startEventDelivery(other, { ...quick, settings })
    const projects = [newId(), newId(), newId()]
    await Promise.all(
      projects.map(async (id) => {
        for (const name of numbers(60)) await rename(db, id, name)
      }),
    )
    await untilSent(db)
    expect(namesByProject(await received())).toEqual(Object.fromEntries(projects.map((id) => [id, numbers(60)])))
  })

  it('are kept while Redis is away, and arrive in order when it is back', async () => {
    const { db } = await servers.start()
    await using _delivery = await startEventDelivery(db, {
      ...quick,
      settings: settingsOf({ eventsRedisUrl: redis.url() }),
    })
    const id = newId()
    for (const name of numbers(5)) await rename(db, id, name)
    await untilSent(db)
    await redis.pause('kill')
    for (const name of numbers(10).slice(5)) await rename(db, id, name)
    expect(await waiting(db)).toBe(5)
    await redis.resume()
    await untilSent(db)
    expect(namesByProject(await received())).toEqual({ [id]: numbers(10) })
  })

  it('are lost by no kill of a sender', async () => {
    const { db, databaseUrl } = await servers.start()
    const [a, b] = [newId(), newId()]
    const program = `
      import { openDatabase } from '@millrace/db'
      import { readPlatformSettings } from '@millrace/core'
      import { startEventDelivery } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
      const db = await openDatabase({ url: process.env.DATABASE_URL })
      const settings = { ...readPlatformSettings({ env: {} }), eventsRedisUrl: process.env.REDIS_URL }
      const log = { info() {}, warn() {}, error() {} }
      await startEventDelivery(db, { settings, log, pollIntervalMs: 20 })
      console.log('sending')`
    const sender = async (): Promise<ChildProcess> => {
      const child = spawn(process.execPath, ['--conditions=@millrace/source', '--input-type=module', '-e', program], {
        cwd: import.meta.dirname,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, DATABASE_URL: databaseUrl, REDIS_URL: redis.url() },
      })
      await Promise.race([
        once(child.stdout ?? child, 'data'),
        once(child, 'exit').then(([code]) => expect(code).toBe('sending')),
      ])
      return child
    }
    let child = await sender()
    for (const round of [0, 1, 2]) {
      const names = numbers(150).slice(round * 50, round * 50 + 50)
      await Promise.all(
        [a, b].map(async (id) => {
          for (const name of names) await rename(db, id, name)
        }),
      )
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
      child = await sender()
    }
    await untilSent(db)
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    expect(namesByProject(await received())).toEqual({ [a]: numbers(150), [b]: numbers(150) })
  })

  it('wait behind one of their project that cannot be sent, while those of others go on', async () => {
    const { db } = await servers.start()
    const [bad, good] = [newId(), newId()]
    await db.execute(sql`
      insert into events.event (type, key, payload) values ('project.updated', ${bad}, ${sql.json({ id: bad })}::jsonb)`)
    await rename(db, bad, 'later')
    await rename(db, good, 'fine')
    await using _delivery = await startEventDelivery(db, {
      ...quick,
      settings: settingsOf({ eventsRedisUrl: redis.url() }),
    })
    await vi.waitFor(async () => expect(await waiting(db)).toBe(2), { timeout: 90_000 })
    expect(namesByProject(await received())).toEqual({ [good]: ['fine'] })
    expect(log.error).toHaveBeenCalledWith(
      expect.objectContaining({ key: bad, error: expect.stringContaining('name') }),
      expect.any(String),
    )
    await db.execute(sql`
      update events.event
      set payload = (select payload from events.event where payload ->> 'name' = 'later') || '{"name": "mended"}',
        available_at = now()
      where attempts > 0`)
    await untilSent(db)
    expect(namesByProject(await received())).toEqual({ [good]: ['fine'], [bad]: ['mended', 'later'] })
  })
})

describe.skipIf(findRabbitmq() === null || findRedis() === null)('events to RabbitMQ', () => {
  let rabbit: TestRabbitmq
  let redis: TestRedis
  beforeAll(async () => {
    ;[rabbit, redis] = await Promise.all([startRabbitmq(), startRedis()])
  })
  afterAll(async () => {
    await rabbit?.stop()
    await redis?.stop()
  })

  it('arrive confirmed, in order, also when the broker was killed, and Redis gets each of them once meanwhile', async () => {
    const { db } = await servers.start()
    const exchange = 'changes'
    const queue = 'reader'
    {
      const connection = await connect(rabbit.url())
      const channel = await connection.createChannel()
      await channel.assertExchange(exchange, 'topic', { durable: true })
      await channel.assertQueue(queue, { durable: true })
      await channel.bindQueue(queue, exchange, 'project.*')
      await connection.close()
    }
    const settings = settingsOf({
      eventsAmqpUrl: rabbit.url(),
      eventsAmqpExchange: exchange,
      eventsRedisUrl: redis.url(),
    })
    await using _delivery = await startEventDelivery(db, { ...quick, settings })
    const id = newId()
    for (const name of numbers(20)) await rename(db, id, name)
    await untilSent(db)
    await rabbit.pause('kill')
    for (const name of numbers(30).slice(20)) await rename(db, id, name)
    const client = new Redis(redis.url())
    await vi.waitFor(async () => expect(await client.xlen(stream)).toBe(30), { timeout: 90_000 })
    expect(await waiting(db)).toBe(10)
    await rabbit.resume()
    await untilSent(db)
    expect(await client.xlen(stream)).toBe(30)
    client.disconnect()

    const connection = await connect(rabbit.url())
    const channel = await connection.createChannel()
    const received: Received[] = []
    for (let message = await channel.get(queue); message !== false; message = await channel.get(queue)) {
      const { messageId, headers, contentType, deliveryMode } = message.properties
      expect({ contentType, deliveryMode }).toEqual({ contentType: 'application/avro+binary', deliveryMode: 2 })
      received.push(decoded(messageId, headers ?? {}, message.content))
    }
    await connection.close()
    expect(namesByProject(received)).toEqual({ [id]: numbers(30) })
    expect(received[0]?.headers).toMatchObject({ source, requestId: 'request-0' })
  })
})
