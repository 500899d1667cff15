import { setImmediate } from 'node:timers/promises'
import { type FakeSqlServer, startFakeSqlServer } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { readText } from '../kit/read-text.contract.ts'
import { connectorForUri } from '../kit/registry.ts'
import { codeOf } from '../kit/sink-rows.contract.ts'
import { describeSqlConnector } from '../kit/sql-connector.contract.ts'
import { parseUri } from './config.ts'
import { definition } from './connector.ts'
import { refuseToLeaveParentheses } from './one-select.ts'
import { quoteName } from './sql-text.ts'
import { cellText, logicalType, readExpression } from './types.ts'

/** A real server to run the contract against instead, with a login that may make tables in `dbo`. */
const real = process.env.MILLRACE_TEST_MSSQL_URL

let fake: FakeSqlServer
const url = () =>
  real ?? `mssql://${fake.user}:${encodeURIComponent(fake.password)}@${fake.host}:${fake.port}/master?encrypt=false`
const make = async () => (await connectorForUri(url())) as SqlConnector

beforeAll(async () => {
  fake = await startFakeSqlServer()
})
afterAll(() => fake?.[Symbol.asyncDispose]())

describeSqlConnector(real ? 'SQL Server' : 'SQL Server (fake)', () => ({
  make,
  definition,
  unreachable: [
    { name: 'wrong password', config: { ...parseUri(url()), password: 'wr0ng-secret' } },
    { name: 'nobody listens', config: { host: '127.0.0.1', port: 1, user: 'u', password: 'wr0ng-secret' } },
    { name: 'no such database', config: { ...parseUri(url()), database: 'absent' } },
  ],
  quote: quoteName,
  schema: 'dbo',
  textType: 'nvarchar(300)',
  series: (rows) => `select value as id, replicate('x', 200) as label from generate_series(1, ${rows})`,
  failing: `select cast(case when value = 50000 then 'x' else '1' end as int) as x, replicate('x', 200) as y from generate_series(1, 100000)`,
  endless: `select value as endless_marker, replicate('x', 200) as y from generate_series(1, 1000000000)`,
  refused: [
    'delete from contract_plain',
    'select 1 as a; delete from contract_plain',
    'truncate table contract_plain',
    'commit; delete from contract_plain',
    'select 1 as a commit delete from contract_plain',
    "select 1 as a exec('commit; delete from contract_plain')",
  ],
  // The fake lives in this process, which has to be let go on.
  running: real
    ? null
    : async (text) => {
        await setImmediate()
        return fake.running(text)
      },
  connections: real
    ? null
    : async () => {
        await setImmediate()
        return fake.connections()
      },
  concurrentWrites: true,
  longestName: 128,
}))

describe('values', () => {
  test('the driver’s values become canonical text', async () => {
    fake.answer(/FROM \[dbo\]\.\[typed\]$/, {
      columns: [
        { name: 'b', type: 'bit' },
        { name: 'n', type: 'bigint' },
        { name: 'r', type: 'real' },
        { name: 'f', type: 'float' },
        { name: 't', type: 'nvarchar' },
      ],
      rows: [
        [1, 9223372036854775807n, 0.1, 0.1 + 0.2, 'é🦆 "q",\n'],
        [0, -9223372036854775808n, 16777217, 1e21, ''],
        [null, null, null, null, null],
      ],
    })
    fake.answer(/dm_exec_describe_first_result_set\(N'SELECT \* FROM \[dbo\]\.\[typed\]'/, {
      columns: ['name', 'system_type_name', 'is_nullable', 'error_message'].map((name) => ({ name, type: 'nvarchar' })),
      rows: [
        ['b', 'bit', null, null],
        ['n', 'bigint', null, null],
        ['r', 'real', null, null],
        ['f', 'float', null, null],
        ['t', 'nvarchar(max)', null, null],
      ],
    })
    await using connector = (await connectorForUri(
      `mssql://${fake.user}:${encodeURIComponent(fake.password)}@${fake.host}:${fake.port}/?encrypt=false`,
    )) as SqlConnector
    await connector.execute('create table typed (b int)')
    await using source = await connector.openSource()
    const relation = { kind: 'table', table: { scope: ['dbo'], name: 'typed' } } as const
    expect((await readText(source, relation)).text).toBe(
      't,9223372036854775807,0.1,0.30000000000000004,"é🦆 ""q"",\n"\nf,-9223372036854775808,1.6777216e+07,1e+21,""\n,,,,\n',
    )
    expect((await connector.suggestSchema(['dbo', 'typed'])).map(({ chType }) => chType.name)).toEqual([
      'Nullable(Bool)',
      'Nullable(Int64)',
      'Nullable(Float32)',
      'Nullable(Float64)',
      'Nullable(String)',
    ])
  })

  test.each([
    ['decimal(38,10)', '-.5000000000', '-0.5000000000', 'CONVERT(varchar(60), [v])'],
    ['money', '-922337203685477.5808', '-922337203685477.5808', 'CONVERT(varchar(60), [v], 2)'],
    ['datetime2(7)', '9999-12-31 23:59:59.9999999', '9999-12-31 23:59:59.999999', 'CONVERT(varchar(60), [v], 121)'],
    ['datetime2(0)', '2024-01-01 10:00:00', '2024-01-01 10:00:00', 'CONVERT(varchar(60), [v], 121)'],
    [
      'datetime',
      '2024-01-01 10:20:00.000',
      '2024-01-01 10:20:00',
      'CONVERT(varchar(60), CONVERT(datetime2(3), [v]), 121)',
    ],
    [
      'datetimeoffset(7)',
      '2024-03-10 06:59:59.1000000 +00:00',
      '2024-03-10 06:59:59.1+00',
      "CONVERT(varchar(60), SWITCHOFFSET([v], '+00:00'), 121)",
    ],
    ['time(7)', '23:59:59.0000010', '23:59:59.000001', 'CONVERT(varchar(60), [v], 121)'],
    ['date', '0001-01-01', '0001-01-01', 'CONVERT(varchar(60), [v], 23)'],
    [
      'uniqueidentifier',
      'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      'CONVERT(varchar(60), [v])',
    ],
    ['varbinary(max)', 'DEADBEEF00', '\\xdeadbeef00', 'CONVERT(varchar(max), CONVERT(varbinary(max), [v]), 2)'],
    ['xml', '<a/>', '<a/>', 'CONVERT(nvarchar(max), [v])'],
    ['hierarchyid', '/1/2/', '/1/2/', '[v].ToString()'],
  ])('%s is asked for as text and becomes canonical', (sourceType, given, text, expression) => {
    const column = { name: 'v', type: logicalType(sourceType), nullable: true, sourceType }
    expect(readExpression(column)).toBe(expression)
    expect(cellText(column)(given)).toBe(text)
  })
})

test.each([
  ['select 1 as a) as q; delete from t; select * from (select 1 as a', 'leaves'],
  ['select 1 as a) as q delete from t select * from (select 1 as a', 'leaves'],
  ["select 1 as a /* ' */) as q delete from t select * from (select '' as a", 'leaves'],
  ['select 1 as a /* /* ( */ ( */) as q delete from t select * from (select 1 as a', 'leaves'],
  ["sp_executesql N'select 1; commit; delete from t'", 'leaves'],
  ['delete from t', 'leaves'],
  ['select \')\' as a, [)] as b, ")" as c, (1) as d /* ) /* ) */ ) */ -- )', 'stays'],
  ["with x as (select 'commit' as [exec]) select * from x", 'stays'],
])('%s %s in its parentheses', (sql, what) => {
  const refuse = () => refuseToLeaveParentheses('mssql://h/db', sql)
  if (what === 'stays') refuse()
  else expect(refuse).toThrow(expect.objectContaining({ code: 'NOT_A_QUERY' }))
})

test('an export runs nothing but its query', async () => {
  await using connector = await make()
  const change = 'select 1 as a) as q; delete from contract_plain; select * from (select 1 as a'
  for (const options of [{}, { rowLimit: 5 }]) {
    expect(await codeOf(connector.export(change, { format: 'csv', ...options }))).toBe('ConfigError NOT_A_QUERY')
  }
})

test.each(['mssql://u:s3cret@h:port/db', 'mssql://u:a@s3cret/b@h/db', 'mssql://u:s3cret%zz@h/db'])(
  'an address that cannot be read is refused without repeating it: %#',
  (uri) => {
    expect(() => parseUri(uri)).toThrow(expect.objectContaining({ code: 'INVALID_URI' }))
    expect(() => parseUri(uri)).not.toThrow(/s3cret/)
  },
)
