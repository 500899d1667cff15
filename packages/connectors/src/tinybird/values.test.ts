import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Column } from '@millrace/formats'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectorFor } from '../ingest/connector-for.ts'
import { CSV, NDJSON, PARQUET } from '../ingest/formats.ts'
import type { SqlConnector } from '../kit/connector.ts'
import { createConnector } from '../kit/registry.ts'
import { codeOf } from '../kit/sink-rows.contract.ts'
import { transfer } from '../transfer/transfer.ts'
import type { TransferSpec } from '../transfer/types.ts'
import { type LocalTinybird, openLocalTinybird } from './local-tinybird.contract.ts'

let postgres: TestPostgres
let local: LocalTinybird
let from: SqlConnector
let folder: string

/** Values that a careless way to ClickHouse changes. */
const hostileTable = `create table hostile (id int not null, flag boolean, big bigint, single real, double double precision,
  money numeric(10,2), exact numeric(38,18), free numeric, words text, day date, wall timestamp, instant timestamptz, clock time,
  span interval, ident uuid, bytes bytea, doc json, docb jsonb, host inet)`
const hostileRows = String.raw`insert into hostile values
  (1, true, 9223372036854775807, 0.1, 0.30000000000000004, 1.10, 12345678901234567890.123456789012345678, 1.1000,
   E' a "x",\n b\\', '1900-01-01', '2024-03-10 01:59:59.1', '2024-03-10 06:59:59.123456+00', '24:00:00',
   '1 year 2 mons -3 days 04:05:06.789', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '\xdeadbeef00', '{"b":1, "a":2,  "a":3}', '{"n": 1e2}', '192.168.0.1'),
  (2, false, -9223372036854775808, 'NaN', '-0', -0.05, -1, 'NaN', '\N', '2299-12-31', '1900-01-01 00:00:00',
   '2299-12-31 23:59:59.999999+00', '13:00:05.012345', 'PT0S', '00000000-0000-0000-0000-000000000000', '\x', 'null', 'null', '::1'),
  (3, null, 0, 'Infinity', '-Infinity', null, null, null, '', null, null, null, null, null, null, null, null, null, null),
  (4, null, null, 1e-45, 5e-324, 99999999.99, 0, 100000000000000000000, E'\ttab ', '1969-12-31', '1969-12-31 23:59:59.5',
   '1969-12-31 23:59:59.999999+00', '00:00:00', 'P-1D', null, '\x00', E'[1,\n2]', '"é"', null),
  (5, null, 7, 16777217, 1e21, 0, 0, 0, 'NULL', '2024-02-29', '2024-02-29 12:00:00', '2024-02-29 12:00:00+00', null, null, null, null, '"x"', '{}', null),
  (6, true, 8, 3.4028235e38, 1.7976931348623157e308, 1, 1, -0.000, 'é 🦆 ''q'' \', '2000-01-01', '2000-01-01 00:00:00.000001', '2000-01-01 00:00:00.1+00', null, null, null, null, '1', '1', null),
  (7, true, 8, 1e6, 123456789012345678, 1, 1, 1, '\.', '2000-01-01', '2000-01-01', '2000-01-01 00:00:00+00', null, null, null, null, '1', '1', null)`

beforeAll(async () => {
  ;[postgres, local] = await Promise.all([startPostgres(), openLocalTinybird()])
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  const { host, port, user, password, database } = postgres
  from = (await createConnector('postgres', { host, port, user, password, database })) as SqlConnector
  await from.execute(hostileTable)
  await from.execute(hostileRows)
  await from.execute(String.raw`create table lists as select * from (values
    (1, '{1,NULL,3}'::int[], array['a,b', '"q"', 'NULL', null, '', '\x', 'it''s', ' sp '], '{1.5,NaN,Infinity,-0}'::float8[], '{t,f,NULL}'::bool[],
      '{"2020-01-01 00:00:00.12+00",NULL}'::timestamptz[], '{1.10,-3.50}'::numeric(10,2)[], '{2020-01-01}'::date[]),
    (2, '{}', '{}', '{}', '{}', '{}', '{}', '{}')
  ) v (id, numbers, words, floats, flags, instants, amounts, days)`)
})
afterAll(async () => {
  await from[Symbol.asyncDispose]()
  await local[Symbol.asyncDispose]()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

const copy = async (table: string, into: string, options: Partial<TransferSpec> = {}) => {
  const { manifests } = await transfer(
    {
      from: { connector: from, address: 'postgres', tables: [table] },
      to: { connector: local.connector, address: 'tinybird', into },
      verify: 'content',
      retries: 0,
      ...options,
    },
    { stateDirectory: folder },
  )
  return manifests[0]?.manifest
}

test.for(['replace', 'append'] as const)(
  'hostile values arrive exactly by %s, as two databases agree',
  async (mode) => {
    const manifest = await copy('hostile', `hostile_${mode}`, { mode })
    expect(manifest?.proof.target).toEqual(manifest?.proof.source)
    expect(manifest?.proof.hashedColumns).toHaveLength(19)
    expect(manifest?.losses).toEqual([])
  },
)

test('arrays arrive element by element', async () => {
  const manifest = await copy('lists', 'lists')
  expect(manifest?.proof.target).toEqual(manifest?.proof.source)
  expect(manifest?.columns.find(({ name }) => name === 'numbers')?.targetType).toBe('Array(Nullable(Int32))')
})

test('a table that is copied back is the same', async () => {
  const { manifests } = await transfer(
    {
      from: { connector: local.connector, address: 'tinybird', tables: ['hostile_replace'] },
      to: { connector: from, address: 'postgres', into: 'hostile_back' },
      verify: 'content',
      retries: 0,
    },
    { stateDirectory: folder },
  )
  expect(manifests[0]?.manifest.proof).toMatchObject({ level: 'content', source: { rows: 7 } })
  const differing = `select count(*)::int from hostile a join hostile_back b using (id)
    where (a.double, a.exact, a.words, a.day, a.wall, a.instant, a.ident) is distinct from (b.double, b.exact, b.words, b.day, b.wall, b.instant, b.ident)`
  expect(await from.query(differing, { scalar: true })).toBe(0)
})

/** What the other formats keep of the values, for a script that appends: columns that have a form of their own in each. */
const portable = [
  'id',
  'flag',
  'big',
  'single',
  'double',
  'money',
  'exact',
  'words',
  'day',
  'wall',
  'instant',
  'ident',
  'bytes',
]

test.for([CSV, NDJSON, PARQUET])('a script that loads them as %s gets the same values', async (format) => {
  const { host, port, user, password, database } = postgres
  const environment = {
    TB_CDK_TOKEN: local.server.token,
    TB_CDK_ENDPOINT: local.server.url,
    TB_CDK_TAG: 'values',
  }
  await using warehouse = await connectorFor('postgres', {
    environment,
    config: { host, port, user, password, database },
    write: () => {},
  })
  const query = `select ${portable.join(', ')} from hostile`
  const dataSource = `script_${format}`
  await warehouse.append(`${query} where false`, dataSource)
  await local.client.createDataSource(dataSource, { schema: await schemaOf(query) })
  await warehouse.append(query, dataSource, { format })
  await using source = await from.openSource()
  await using sink = await local.connector.openSink()
  const relation = { kind: 'query', sql: query } as const
  const { columns } = await source.describe(relation)
  const there = { kind: 'table', table: { scope: [], name: dataSource } } as const
  const differing: string[] = []
  for (const column of columns) {
    const one: readonly Column[] = [column]
    const [left, right] = [await source.contentHash(relation, one), await sink.contentHash(there, one)]
    if (left.hash !== right.hash || left.rows !== right.rows) differing.push(column.name)
  }
  // Parquet has bytes, which arrive as they are; the texts have them in hexadecimal form.
  expect(differing).toEqual(format === PARQUET ? ['bytes'] : [])
})

async function schemaOf(query: string): Promise<string> {
  await using source = await from.openSource()
  await using sink = await local.connector.openSink()
  const { columns } = await source.describe({ kind: 'query', sql: query })
  const plan = await sink.plan({ kind: 'table', table: { scope: [], name: 'unmade' } }, columns, 'postgres', 'append')
  const change = plan.changes.find(({ kind }) => kind === 'create-table')
  return change?.kind === 'create-table' ? change.ddl : ''
}

test('what no column of ClickHouse holds follows the policy', async () => {
  await from.execute(
    `create table beyond as select 1 as id, d::date as day from (values ('infinity'), ('1899-12-31'), ('2024-01-01')) v (d)`,
  )
  expect(await codeOf(copy('beyond', 'beyond'))).toBe('UnrepresentableValueError UNREPRESENTABLE_VALUE')
  expect(await local.client.dataSource('beyond')).toBeNull()
  const nulled = await copy('beyond', 'beyond', { onUnrepresentable: 'null' })
  expect(nulled?.losses).toEqual([
    { column: 'day', reason: 'infinite-date', outcome: 'nulled', count: 1 },
    { column: 'day', reason: 'date-range', outcome: 'nulled', count: 1 },
  ])
  const text = await copy('beyond', 'beyond_text', { onUnrepresentable: 'text' })
  expect(text?.columns.find(({ name }) => name === 'day')?.targetType).toBe('Nullable(String)')
  expect(text?.proof.target).toEqual(text?.proof.source)
})

test('NULL does not become a default where the destination has none', async () => {
  await from.execute('create table holes as select 1 as id, null::int as n')
  await local.client.createDataSource('holes', { schema: '`id` Int32, `n` Int32' })
  expect(await codeOf(copy('holes', 'holes'))).toBe('DataError NULL_NOT_ALLOWED')
  expect(await local.leftovers()).toEqual([])
})
