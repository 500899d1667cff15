import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, followLive } from '@millrace/client'
import { createConnector, type SqlConnector } from '@millrace/connectors'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Platform, startPlatform } from './server.fixture.ts'

let home: string
let postgres: TestPostgres
let platform: Platform
let project: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  postgres = await startPostgres()
  await postgres.createDatabase('state')
  await postgres.createDatabase('shop')
  const shop = new pg.Client({ connectionString: postgres.url('shop') })
  await shop.connect()
  await shop.query(`
    create table orders (id int primary key, item text, price numeric(10, 2), placed timestamptz default now());
    insert into orders select n, 'item ' || n, n * 1.5 from generate_series(1, 20000) n;
    create table items (id int primary key, name text);
    insert into items select n, 'item ' || n from generate_series(1, 500) n;
    analyze`)
  await shop.end()
  platform = await startPlatform(postgres.url('state'), {
    dummyUsers: true,
    serverSettings: { localConnections: true },
  })
  await call('GET', '/api/data/user')
  project = (await call('POST', '/api/data/projects', { name: 'Shop', namespace: 'alice' })).id
  const save = (body: unknown) => call('POST', `/api/projects/${project}/connections`, body)
  await save({ name: 'shop', uri: postgres.url('shop') })
  await save({ name: 'lake', connector: 'duckdb', config: { path: join(home, 'lake.duckdb') } })
  await save({ name: 'out', connector: 'files', config: { path: `${home}/out/` } })
})

afterAll(async () => {
  await platform?.[Symbol.asyncDispose]()
  await postgres?.stop()
  await rm(home, { recursive: true, force: true })
})

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`${platform.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${JSON.stringify({ id: 'alice', email: 'alice@example.com' })}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  expect(response.ok, `${method} ${path}: ${response.status} ${text}`).toBe(true)
  return response.headers.get('content-type') === 'application/json' ? JSON.parse(text) : text
}

const put = async (name: string, config: unknown) =>
  await call('PUT', `/api/projects/${project}/copies/${name}`, { config })

interface Looked {
  readonly atMs: number
  readonly progress?: { readonly done: number; readonly unit?: string; readonly bytes?: number }
}

/** Runs a copy; what its task was seen to be at, whenever a hint said to look; its output; the last lines of its log. */
async function run(name: string) {
  const client = createClient({ url: platform.url, token: JSON.stringify({ id: 'alice' }) })
  const { id } = await call('POST', `/api/workflows/copy-${name}/runs`, {})
  const looks: Looked[] = []
  const stop = new AbortController()
  const task = async () => (await call('GET', `/api/runs/${id}/task-runs`))[0]
  for await (const { kind } of followLive(client, { run: [String(id)] }, { signal: stop.signal })) {
    if (kind === 'run' || kind === 'ready') {
      const { progress } = await task()
      looks.push({ atMs: performance.now(), ...(progress === undefined ? {} : { progress }) })
      if (['success', 'failed', 'cancelled'].includes((await call('GET', `/api/runs/${id}`)).state)) break
    }
  }
  stop.abort()
  const { id: taskRun, state } = await task()
  const log: string = await call('GET', `/api/task-runs/${taskRun}/log`)
  expect(state, log).toBe('success')
  return { looks, log, output: (await call('GET', `/api/task-runs/${taskRun}/output`)).value }
}

async function lake(sql: string) {
  await using connector = (await createConnector('duckdb', { path: join(home, 'lake.duckdb') })) as SqlConnector
  return await connector.query(sql)
}

test('a copy that is saved through the API moves a table, and its output is the manifest with the proof', async () => {
  const config = {
    ...{ from: { connection: 'shop', table: 'public.orders' }, to: { connection: 'lake', table: 'orders' } },
    ...{ mode: 'replace', verify: 'content' },
  }
  await put('orders', config)
  const { output } = await run('orders')
  const side = { rows: 20_000, hash: expect.stringMatching(/^[0-9a-f]+$/) }
  expect(output).toMatchObject({
    rows: 20_000,
    bytes: expect.any(Number),
    tables: [
      {
        ...{ table: 'public.orders', target: 'orders', rows: 20_000, proof: 'content', durationMs: expect.any(Number) },
        manifest: {
          ...{ from: { address: 'shop' }, to: { address: 'lake' }, rows: 20_000, bytes: expect.any(Number) },
          ...{ startedAt: expect.any(String), finishedAt: expect.any(String), losses: [] },
          proof: { level: 'content', source: side, staged: side, target: side },
        },
      },
    ],
  })
  const { source, target } = output.tables[0].manifest.proof
  expect(target.hash).toBe(source.hash)
  expect(await lake('select count(*) as n from orders')).toEqual([{ n: '20000' }])
  const again = await call('POST', `/api/projects/${project}/copies/plan`, { config })
  expect(again).toMatchObject({ problems: [], tables: [{ target_exists: true, target_rows: 20_000, changes: [] }] })
})

test('several tables go into files, with a line of the log and a manifest each', async () => {
  await put('all', {
    ...{
      from: { connection: 'shop', tables: ['public.*'] },
      to: { connection: 'out', path: 'all/', format: 'parquet' },
    },
  })
  const { output, log } = await run('all')
  expect((await readdir(join(home, 'out', 'all'))).filter((name) => !name.startsWith('.')).sort()).toEqual([
    'items.parquet',
    'orders.parquet',
  ])
  const tables: readonly { readonly table: string; readonly rows: number; readonly manifest: object }[] = output.tables
  expect(Object.fromEntries(tables.map(({ table, rows }) => [table, rows]))).toEqual({
    'public.items': 500,
    'public.orders': 20_000,
  })
  expect(tables.every(({ manifest }) => 'proof' in manifest)).toBe(true)
  for (const { table } of tables) expect(log).toContain(`${table}: `)
})

test('while a copy goes on, its progress is told each second', async () => {
  await put('slow', {
    from: {
      connection: 'shop',
      query: "select n, repeat('x', 2000) as wide, pg_sleep(0.001)::text as pause from generate_series(1, 4000) n",
    },
    to: { connection: 'lake', table: 'slow' },
  })
  const { looks } = await run('slow')
  const seen = looks.filter(({ progress }, index) => (progress?.done ?? 0) > (looks[index - 1]?.progress?.done ?? 0))
  expect(seen.length, JSON.stringify(looks)).toBeGreaterThan(3)
  const gaps = seen.slice(1).map(({ atMs }, index) => atMs - (seen[index]?.atMs ?? atMs))
  // One may be long where the machine has other things to do.
  expect(gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)], JSON.stringify(looks)).toBeLessThan(5000)
  expect(seen.at(-1)?.progress).toMatchObject({ unit: 'rows', bytes: expect.any(Number) })
})
