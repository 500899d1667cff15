import { type FakeRedshift, startFakeRedshift, startPostgres, type TestPostgres } from '@millrace/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { readText } from '../kit/read-text.contract.ts'
import { connectorForUri } from '../kit/registry.ts'
import { describeSqlConnector } from '../kit/sql-connector.contract.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { parseUri } from './config.ts'
import { definition } from './connector.ts'

let postgres: TestPostgres
let fake: FakeRedshift
let admin: pg.Client
const url = () => `redshift://${postgres.user}:${postgres.password}@${fake.host}:${fake.port}/dev?sslmode=disable`
const make = async () => (await connectorForUri(url())) as SqlConnector

beforeAll(async () => {
  postgres = await startPostgres({ auth: 'scram' })
  await postgres.createDatabase('dev')
  fake = await startFakeRedshift(postgres, 'dev')
  admin = new pg.Client({ connectionString: postgres.url('dev') })
  await admin.connect()
})
afterAll(async () => {
  await admin?.end()
  await fake?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

const number = async (sql: string, values: unknown[] = []) => (await admin.query(sql, values)).rows[0].n as number

describeSqlConnector('Redshift (fake)', () => ({
  make,
  definition,
  unreachable: [
    { name: 'wrong password', config: { ...parseUri(url()), password: 'wr0ng-secret' } },
    { name: 'nobody listens', config: { host: '127.0.0.1', port: 1, user: 'u', password: 'wr0ng-secret' } },
  ],
  quote: quoteName,
  schema: 'public',
  series: (rows) => `select i as id, repeat('x', 200) as label from generate_series(1, ${rows}) as i`,
  failing: `select 1 / (50000 - i) as x, repeat('x', 200) as y from generate_series(1, 100000) as i`,
  endless: `select i as endless_marker, pg_sleep(0.01)::text as s from generate_series(1, 100000) as i`,
  refused: [
    'delete from contract_plain',
    'select 1; delete from contract_plain',
    'truncate table contract_plain',
    `select 1; commit; delete from contract_plain`,
  ],
  running: (text) =>
    number(
      `select count(*)::int as n from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and position($1 in query) > 0`,
      [text],
    ),
  connections: () =>
    number(`select count(*)::int as n from pg_stat_activity where application_name = 'millrace' and datname = 'dev'`),
  concurrentWrites: true,
  longestName: 63,
}))

describe('values of Redshift', () => {
  test('arrive as canonical text', async () => {
    await using connector = await make()
    await using source = await connector.openSource()
    const sql = `select 0.1::real as r, 16777217::real as r2, 0.1::float8 + 0.2::float8 as d, 'NaN'::float8 as nan, '-Infinity'::float8 as inf,
      12345678901234567890.1000::numeric(38,4) as n, 9223372036854775807::bigint as b, true as t, '2024-03-10 01:59:59.123456-05'::timestamptz as z,
      '2024-03-10 01:59:59.1'::timestamp as p, '0044-03-15 BC'::date as bc, '24:00:00'::time as late, 'ab'::char(5) as c, '' as empty, null::text as nothing, 'a\\b'::varchar as slash`
    const { columns } = await source.describe({ kind: 'query', sql })
    expect(columns.map(({ sourceType }) => sourceType)).toEqual([
      'real',
      'real',
      'double precision',
      'double precision',
      'double precision',
      'numeric(38,4)',
      'bigint',
      'boolean',
      'timestamp with time zone',
      'timestamp without time zone',
      'date',
      'time without time zone',
      'character(5)',
      'text',
      'text',
      'character varying',
    ])
    const { text } = await readText(source, { kind: 'query', sql })
    expect(text).toBe(
      '0.1,1.6777216e+07,0.30000000000000004,NaN,-Infinity,12345678901234567890.1000,9223372036854775807,t,' +
        '2024-03-10 06:59:59.123456+00,2024-03-10 01:59:59.1,0044-03-15 BC,24:00:00,ab   ,"",,a\\b\n',
    )
  })

  test('are found again after a watermark, whatever they hold', async () => {
    await using connector = await make()
    await connector.execute(
      `create table marks (at timestamp, k varchar(20) not null, n numeric(10,2), primary key (k))`,
    )
    await connector.execute(
      `insert into marks values ('2024-01-01', 'a\\b', 1.5), ('2024-01-01', 'it''s', 2.5), ('2024-01-02', 'z', 3.5), (null, 'y', null)`,
    )
    await using source = await connector.openSource()
    const table = { kind: 'table', table: { scope: ['public'], name: 'marks' } } as const
    expect((await source.describe(table)).primaryKey).toEqual(['k'])
    expect(await source.countNullCursors(table, 'at')).toBe(1)
    expect(await source.cursorMark(table, 'at', ['k'])).toEqual({ cursor: '2024-01-02 00:00:00', keys: ['z'] })
    const after = { cursor: '2024-01-01 00:00:00', keys: ['a\\b'] }
    const rest = await readText(source, { ...table, range: { cursor: 'at', keys: ['k'], after } })
    expect(rest.text).toBe("2024-01-01 00:00:00,it's,2.50\n2024-01-02 00:00:00,z,3.50\n")
    const back = { cursor: 'n', keys: [], after: { cursor: '3.50', keys: [] }, lookback: 1 }
    expect((await readText(source, { ...table, range: back })).rows).toBe(2)
    const day = { cursor: 'at', keys: [], after: { cursor: '2024-01-02 00:00:00', keys: [] }, lookback: 86_400 }
    expect((await readText(source, { ...table, range: day })).rows).toBe(3)
  })
})
