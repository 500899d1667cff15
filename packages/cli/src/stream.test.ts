import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectorForUri, type SqlConnector, type StreamEvent } from '@millrace/connectors'
import { findRedis, startRedis, type TestRedis } from '@millrace/testing'
import { startTinybirdLocal } from '@millrace/tinybird-local'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from './run-command.fixture.ts'

describe.skipIf(findRedis() === null)('millrace stream from Redis', () => {
  let redis: TestRedis
  let client: Redis
  let folder: string
  let count = 0

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-stream-'))
    redis = await startRedis()
    client = new Redis(redis.url())
  })
  afterAll(async () => {
    client.disconnect()
    await redis.stop()
    await rm(folder, { recursive: true, force: true })
  })

  async function stream(...payloads: string[]): Promise<string> {
    const name = `orders-${count++}`
    for (const payload of payloads) await client.xadd(name, '*', 'payload', payload)
    return name
  }
  const from = (name: string) => `${redis.url()}?field=payload&stream=${name}`
  const run = (args: string[], options: Partial<Parameters<typeof runCommand>[1]> = {}) =>
    runCommand(['stream', ...args], { cwd: folder, ...options, env: { MILLRACE_HOME: folder, ...options.env } })
  const query = async (file: string, sql: string) => {
    await using connector = (await connectorForUri(`duckdb:${join(folder, file)}`)) as SqlConnector
    return await connector.query(sql)
  }

  it('writes what there is, says what it did, and puts dead letters where it says', async () => {
    const name = await stream('{"id":1,"name":"a"}', 'nonsense', '{"id":2,"name":"b"}')
    const { code, err } = await run([from(name), 'duckdb:a.duckdb', '--into', 'orders', '--drain'])
    expect(code, err).toBe(0)
    expect(err).toMatch(/warning: orders-\d+@\S+ is a dead letter: The message is not one JSON object. \[NOT_JSON\]/)
    expect(err).toMatch(/Nothing left; all is committed: 2 rows, \d+ B, 1 dead letters/)
    expect(err).not.toContain(redis.password)
    expect(await query('a.duckdb', 'select * from orders order by id')).toEqual([
      { id: expect.anything(), name: 'a' },
      { id: expect.anything(), name: 'b' },
    ])
    const letter = JSON.parse(await readFile(join(folder, 'dead-letters', 'orders.ndjson'), 'utf8'))
    expect(letter).toMatchObject({ code: 'NOT_JSON', payload: 'nonsense', stream: name })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends with 0 on %s, with everything written and committed',
    async (signal) => {
      const name = await stream('{"id":1}', '{"id":2}')
      const file = `${signal}.duckdb`
      const args = [from(name), `duckdb:${file}`, '--into', 'orders', '--json', '--flush-interval', '30']
      const { code, out, err } = await run(args, {
        // The messages were pulled some time ago when there is nothing left to read; the interval is not over yet.
        onSpawn: (child) =>
          child.stdout?.once('data', async () => {
            while (Number((await pending(name))?.held) < 2);
            child.kill(signal)
          }),
      })
      expect(code, err).toBe(0)
      const events = out
        .toString()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as StreamEvent)
      expect(events.at(-1)).toMatchObject({ type: 'stopped', reason: 'asked', totals: { rows: 2 } })
      expect(await query(file, 'select count(*)::int as n from orders')).toEqual([{ n: 2 }])
      expect(await pending(name)).toEqual({ held: 0, lag: 0 })
    },
  )

  async function pending(name: string) {
    const groups = (await client.xinfo('GROUPS', name)) as (string | number)[][]
    const own = groups[0]
    const value = (key: string) => own?.[own.indexOf(key) + 1]
    return own ? { held: value('pending'), lag: value('lag') } : null
  }

  it('does what the guide says', async () => {
    await stream('{"id":1}', 'nonsense')
    const name = `orders-${count - 1}`
    const guide = await readFile(new URL('../../../docs/guides/streams.md', import.meta.url), 'utf8')
    const lines = [...guide.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, body = '']) => body.split('\n'))
    const commands = lines.filter((line) => line.startsWith('millrace stream '))
    expect(commands).toHaveLength(3)
    const env = { MILLRACE_CONNECTION_ORDERS: from(name) }
    for (const command of commands) {
      const { code, err } = await run(command.split(' ').slice(2), { env })
      expect(code, err).toBe(0)
      expect(err).toMatch(/1 row, \d+ B, 1 dead letters/)
    }
    const [marked] = await query('events.duckdb', 'select * from marked')
    expect(marked).toMatchObject({ _position: expect.stringMatching(`^${name}@`) })
    expect(await readFile(join(folder, 'refused.ndjson'), 'utf8')).toContain('"payload":"nonsense"')
  })

  it('says by its code what failed', async () => {
    const name = await stream('{"id":1}')
    const cases: [string[], number, RegExp][] = [
      [[from('absent'), 'duckdb:b.duckdb', '--into', 'x'], 2, /STREAM_NOT_FOUND/],
      [[redis.url(), 'duckdb:b.duckdb', '--into', 'x'], 2, /STREAM_REQUIRED/],
      [['duckdb:a.duckdb', 'duckdb:b.duckdb', '--into', 'x'], 2, /NOT_SUPPORTED/],
      [[from(name), './folder/', '--into', 'x'], 2, /NOT_SUPPORTED/],
      [[from(name), 'duckdb:b.duckdb'], 2, /--into/],
      [['redis://127.0.0.1:1?stream=x', 'duckdb:b.duckdb', '--into', 'x', '--retry-for', '0'], 3, /SERVER_UNREACHABLE/],
      [[from(await stream('a', 'b')), 'duckdb:b.duckdb', '--into', 'x', '--max-dead-letters', '1'], 4, /TOO_MANY/],
    ]
    for (const [args, expected, message] of cases) {
      const { code, err } = await run(args)
      expect(code, err).toBe(expected)
      expect(err).toMatch(message)
    }
  })

  it('writes to a data source of Tinybird, where rows that do not fit go to its quarantine', async () => {
    await using tinybird = await startTinybirdLocal()
    const env = { TB_CDK_TOKEN: tinybird.token, TB_CDK_ENDPOINT: tinybird.url }
    const api = async (path: string, body?: URLSearchParams) => {
      const headers = { authorization: `Bearer ${tinybird.token}` }
      const response = await fetch(`${tinybird.url}${path}`, { headers, ...(body ? { method: 'POST', body } : {}) })
      return (await response.json()) as { data: readonly Record<string, unknown>[] }
    }
    const schema = '`id` Int64 `json:$.id`, `name` String `json:$.name`'
    await api('/v0/datasources', new URLSearchParams({ name: 'orders', schema, format: 'ndjson' }))
    const name = await stream(
      '{"id":1,"name":"a"}',
      '{"id":"x","name":"b"}',
      '[]',
      '{"id":9007199254740993,"name":"c"}',
    )
    const { code, err } = await run([from(name), 'tinybird', '--into', 'orders', '--drain'], { env })
    expect(code, err).toBe(0)
    expect(err).toMatch(/2 rows, \d+ B, 1 dead letters, 1 in quarantine/)
    const { data } = await api(
      `/v0/sql?q=${encodeURIComponent('SELECT toString(id) AS id, name FROM orders ORDER BY name FORMAT JSON')}`,
    )
    expect(data).toEqual([
      { id: '1', name: 'a' },
      { id: '9007199254740993', name: 'c' },
    ])
  })
})
