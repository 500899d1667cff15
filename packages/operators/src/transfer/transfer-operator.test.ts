import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import type { ConnectionConfig, Json } from '@millrace/workflow'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOperator } from '../registry.ts'
import { failureOf, outputOf, type Ran, runOperator, type Surroundings } from '../run-operator.test.fixture.ts'

let folder: string
let postgres: TestPostgres
let admin: pg.Client
const connections: Record<string, ConnectionConfig> = {}
const home = process.env.MILLRACE_HOME

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  process.env.MILLRACE_HOME = join(folder, 'home')
  postgres = await startPostgres({ auth: 'scram' })
  admin = new pg.Client({ connectionString: postgres.url() })
  await admin.connect()
  await admin.query(`
    create table orders (id int primary key, item text, price numeric(10, 2), day date);
    insert into orders select n, 'item ' || n, n * 1.5, date '2024-01-01' + n % 3 from generate_series(1, 5000) n`)
  connections.shop = { connector: 'postgres', values: { uri: postgres.url() } }
  connections.lake = { connector: 'duckdb', values: { path: join(folder, 'lake.duckdb') } }
  connections.out = { connector: 'files', values: { path: `${join(folder, 'out')}/` } }
})
afterAll(async () => {
  await admin.end()
  await postgres.stop()
  if (home === undefined) delete process.env.MILLRACE_HOME
  else process.env.MILLRACE_HOME = home
  await rm(folder, { recursive: true, force: true })
})

const run = (config: Json, around: Surroundings = {}) => runOperator('transfer', config, { connections, ...around })
const lake = async (sql: string) => {
  const ran = await runOperator('sql', { connection: 'lake', sql }, { connections })
  return (outputOf(ran) as { rows: Record<string, Json>[] }).rows
}

test.each([['OVERWRITE'], ['MERGE']])('R5: run twice with %s, the target holds the same rows', async (mode) => {
  const config = {
    from: { connection: 'shop', table: 'orders' },
    to: { connection: 'lake', table: `twice_${mode}` },
    mode,
    verify: 'content',
  }
  const first = await run(config)
  expect(outputOf(first)).toMatchObject({
    rows: 5000,
    bytes: expect.any(Number),
    tables: [{ table: 'public.orders', target: `twice_${mode}`, rows: 5000, proof: 'content', losses: [] }],
  })
  expect(first.progress.at(-1)).toMatchObject({ done: 5000, unit: 'rows' })
  expect(first.text).toContain('5000 rows')
  outputOf(await run(config, { attempt: 2 }))
  expect(await lake(`select count(*) as n, count(distinct id) as ids from twice_${mode}`)).toEqual([
    { n: '5000', ids: '5000' },
  ])
})

test('templates choose the rows, and append adds them', async () => {
  const config = {
    from: { connection: 'shop', query: "select * from orders where day = '{{ dt }}'" },
    to: { connection: 'lake', table: '{{ params.table }}' },
    mode: 'append',
  }
  outputOf(await run(config, { params: { table: 'days' } }))
  outputOf(await run(config, { params: { table: 'days' } }))
  expect(await lake('select count(*) as n, min(day) as day from days')).toEqual([
    { n: String(2 * 1667), day: '2024-01-02' },
  ])
})

test('files are written below the folder of the connection, and read back from there', async () => {
  const written = await run({
    from: { connection: 'shop', table: 'orders' },
    to: { connection: 'out', path: '{{ dt }}/orders.csv.gz' },
  })
  expect(outputOf(written)).toMatchObject({ tables: [{ rows: 5000 }] })
  expect(await readdir(join(folder, 'out', '2024-01-02'))).toEqual(['orders.csv.gz'])
  const read = await run({
    from: { connection: 'out', path: '{{ dt }}/orders.csv.gz' },
    to: { connection: 'lake', table: 'from_file' },
  })
  expect(outputOf(read)).toMatchObject({ rows: 5000 })
})

test('R6: a fault in the middle of the dump leaves no staging and an unchanged target', async () => {
  const to = { connection: 'shop', table: 'public.copied' }
  outputOf(await run({ from: { connection: 'shop', query: 'select 1 as id' }, to }))
  const broken = await run({
    from: { connection: 'shop', query: 'select 10 / (3000 - id) as id from orders order by orders.id' },
    to,
    mode: 'OVERWRITE',
    retries: 0,
  })
  expect(failureOf(broken).message).toMatch(/division by zero/)
  const left = `select (select count(*) from pg_tables where schemaname = '_millrace' and tablename like 's\\_%')
    + (select count(*) from _millrace.loads) + (select count(*) from _millrace.chunks) as parts`
  expect((await admin.query(left)).rows).toEqual([{ parts: '0' }])
  expect((await admin.query('select id from copied')).rows).toEqual([{ id: 1 }])
})

test('a cancelled transfer ends soon, and the next attempt takes up its finished chunks', async () => {
  await admin.query(`create table wide as select n as id, repeat(md5(n::text), 20) as text from generate_series(1, 60000) n;
    alter table wide add primary key (id); analyze wide`)
  const config = {
    from: { connection: 'shop', table: 'wide' },
    to: { connection: 'lake', table: 'wide' },
    parallel: 2,
    verify: 'content',
  }
  const stop = new AbortController()
  const cancelled = await run(config, {
    signal: stop.signal,
    host: {
      heartbeat(progress) {
        if ((progress?.done ?? 0) > 0) stop.abort(new Error('enough'))
      },
    },
  })
  expect(failureOf(cancelled)).toMatchObject({ reason: 'cancelled' })
  const again = await run(config, { attempt: 2 })
  expect(outputOf(again)).toMatchObject({ rows: 60000, tables: [{ proof: 'content' }] })
  expect(await lake('select count(distinct id) as n from wide')).toEqual([{ n: '60000' }])
})

test('R4: no password reaches the output, the log or the manifest', async () => {
  const ran = await run({ from: { connection: 'shop', table: 'orders' }, to: { connection: 'lake', table: 'secret' } })
  const manifests = join(folder, 'home', 'manifests')
  const files = await Promise.all((await readdir(manifests)).map((name) => readFile(join(manifests, name), 'utf8')))
  expect(files.length).toBeGreaterThan(0)
  expect(`${JSON.stringify(ran)}${files.join()}`).not.toContain(postgres.password)
})

test.each([
  [{ from: { connection: 'a', table: 'x', query: 'y' }, to: { connection: 'b' } }, '"/from" takes one of'],
  [{ from: { connection: 'a' }, to: { connection: 'b' }, lookback: 5 }, 'needs "cursor"'],
  [{ from: { connection: 'a' }, to: { connection: 'b' }, mode: 'upsert' }, 'must be one of replace, append'],
  [{ from: { connection: 'a', tabel: 'x' }, to: { connection: 'b' } }, 'Did you mean "table"?'],
])('%j is refused', (config, text) => {
  expect(() => createOperator('transfer', config)).toThrow(
    expect.objectContaining({ code: 'OPERATOR_INVALID', message: expect.stringContaining(text) }),
  )
})

test('a destination of files needs a path whose format is known', async () => {
  const from = { connection: 'shop', table: 'orders' }
  expect(failureOf(await run({ from, to: { connection: 'out', path: 'orders' } }))).toMatchObject({
    code: 'FORMAT_REQUIRED',
  })
  expect(failureOf(await run({ from, to: { connection: 'lake', path: 'x.csv' } }))).toMatchObject({
    code: 'OPTION_WITHOUT_EFFECT',
  })
})

test('a transfer within one file of DuckDB works', async () => {
  await lake('create or replace table inner_table as select 1 as n')
  outputOf(
    await run({ from: { connection: 'lake', table: 'inner_table' }, to: { connection: 'lake', table: 'other' } }),
  )
  expect(await lake('select n from other')).toEqual([{ n: 1 }])
})

test.each([
  ['shop', { table: 'public.slow' }],
  ['out', { path: 'slow.csv' }],
])('an attempt that meets another at work on the same load in "%s" waits for it', async (connection, target) => {
  // The first one gets its last row when the second one is over.
  await admin.query('select pg_advisory_lock(1)')
  const config = {
    from: {
      connection: 'shop',
      query: `
        select n, repeat('x', 1000) as wide, pg_sleep(0.0005)::text as pause,
          case n when 3000 then pg_advisory_xact_lock_shared(1)::text end as last
        from generate_series(1, 3000) n`,
    },
    to: { connection, ...target },
  }
  let second: Promise<Ran> | undefined
  const first = await run(config, {
    host: {
      heartbeat(progress) {
        if ((progress?.done ?? 0) === 0) return
        second ??= run(config, { attempt: 2 }).finally(() => admin.query('select pg_advisory_unlock(1)'))
      },
    },
  })
  const met = (await second)?.outcome
  expect(met).toMatchObject({ kind: 'defer', reason: expect.stringContaining('waiting for what another task holds') })
  expect(outputOf(first)).toMatchObject({ rows: 3000 })
})
