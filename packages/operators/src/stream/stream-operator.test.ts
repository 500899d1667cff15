import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRedis, startRedis, type TestRedis } from '@millrace/testing'
import type { ConnectionConfig, Json } from '@millrace/workflow'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failureOf, outputOf, runOperator } from '../run-operator.test.fixture.ts'

describe.skipIf(findRedis() === null)('stream', () => {
  let folder: string
  let server: TestRedis
  let client: Redis
  let connections: Record<string, ConnectionConfig>
  const home = process.env.MILLRACE_HOME

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    process.env.MILLRACE_HOME = join(folder, 'home')
    server = await startRedis()
    client = new Redis(server.url(), { maxRetriesPerRequest: null })
    connections = {
      broker: { connector: 'redis-streams', values: { uri: server.url(), field: 'payload' } },
      db: { connector: 'sqlite', values: { path: join(folder, 'test.sqlite') } },
    }
  })
  afterAll(async () => {
    client.disconnect()
    await server.stop()
    if (home === undefined) delete process.env.MILLRACE_HOME
    else process.env.MILLRACE_HOME = home
    await rm(folder, { recursive: true, force: true })
  })

  const add = async (stream: string, values: Json[]) => {
    for (const value of values) await client.xadd(stream, '*', 'payload', JSON.stringify(value))
  }
  const run = (config: object) =>
    runOperator('stream', { to: { connection: 'db', table: 'got' }, ...config } as Json, { connections })
  const rows = async (sql: string) =>
    (outputOf(await runOperator('sql', { connection: 'db', sql }, { connections })) as { rows: Json }).rows

  test('what the broker holds is written once, and the next run takes only what is new', async () => {
    await add('orders', [{ id: 1 }, { id: 2 }, 'no object'])
    const from = { connection: 'broker', stream: 'orders' }
    const first = await run({ from })
    expect(outputOf(first)).toMatchObject({ messages: 3, rows: 2, deadLetters: 1, ended: 'drained' })
    expect(first.progress.at(-1)).toEqual({ done: 3, unit: 'messages' })
    expect(await readFile(join(folder, 'home', 'dead-letters', 'sales.daily.node.ndjson'), 'utf8')).toContain(
      'no object',
    )
    await add('orders', [{ id: 3, note: 'new' }])
    expect(outputOf(await run({ from }))).toMatchObject({ messages: 1, rows: 1 })
    expect(await rows('select id, note from got order by id')).toEqual([
      { id: 1, note: null },
      { id: 2, note: null },
      { id: 3, note: 'new' },
    ])
  })

  test('a limit ends the run in order, and what is left stays for the next', async () => {
    await add(
      'many',
      Array.from({ length: 30 }, (_, n) => ({ n })),
    )
    const config = {
      from: { connection: 'broker', stream: 'many' },
      to: { connection: 'db', table: 'many' },
      maxMessages: 10,
    }
    expect(outputOf(await run(config))).toMatchObject({ messages: 10, ended: 'messages' })
    expect(outputOf(await run({ ...config, maxMessages: 100 }))).toMatchObject({ messages: 20, ended: 'drained' })
    expect(await rows('select count(distinct n) as n, count(*) as all_rows from many')).toEqual([
      { n: 30, all_rows: 30 },
    ])
  })

  test('too many dead letters fail the task, and a stream has to be named', async () => {
    await add('bad', ['a', 'b', 'c'])
    const from = { connection: 'broker', stream: 'bad' }
    expect(failureOf(await run({ from, maxDeadLetters: 1 }))).toMatchObject({ code: 'TOO_MANY_DEAD_LETTERS' })
    expect(failureOf(await run({ from: { connection: 'broker' } }))).toMatchObject({ code: 'STREAM_REQUIRED' })
  })
})
