import { readFile } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type FakeSnowflake, startFakeSnowflake } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { SqlConnector } from '../kit/connector.ts'
import { readText } from '../kit/read-text.contract.ts'
import { createConnector } from '../kit/registry.ts'
import { describeSqlConnector } from '../kit/sql-connector.contract.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { parseUri } from './config.ts'
import { definition } from './connector.ts'
import { SnowflakeConnectionError } from './errors.ts'
import { suggestRaw } from './types.ts'

let fake: FakeSnowflake
let config: ConfigValues
const make = async (choices: ConfigValues = {}) =>
  (await createConnector('snowflake', { ...config, ...choices })) as SqlConnector

beforeAll(async () => {
  fake = await startFakeSnowflake({ rowsPerFile: 300 })
  const { account, user, password, database, url: endpoint } = fake
  config = { account, user, password, database, schema: 'PUBLIC', endpoint }
})
afterAll(async () => {
  await fake?.[Symbol.asyncDispose]()
})

describeSqlConnector('Snowflake (fake)', () => ({
  make,
  definition,
  unreachable: [
    { name: 'wrong password', config: { ...config, password: 'wr0ng-secret' } },
    { name: 'nobody listens', config: { ...config, endpoint: 'http://127.0.0.1:1' } },
  ],
  quote: quoteName,
  schema: 'PUBLIC',
  parents: ['SHOP', 'PUBLIC'],
  series: (rows) => `select i as id, repeat('x', 200) as label from range(1, ${rows + 1}) as t(i)`,
  failing: `select case when i = 50000 then error('no') else 'y' end as x from range(1, 100000) as t(i)`,
  endless: `select sum(i % 7) as endless_marker from range(1000000000000) as t(i)`,
  refused: [
    'delete from contract_plain',
    'select 1; delete from contract_plain',
    'select 1) as q; delete from contract_plain where (1 = 1',
    'truncate table contract_plain',
  ],
  async running(text) {
    await nextTurn()
    return fake.running(text)
  },
  async connections() {
    await nextTurn()
    return fake.sessions()
  },
  concurrentWrites: true,
  longestName: 255,
}))

describe('values of Snowflake', () => {
  const sql = `select 12345678901234567890.10::number(38,18) as n, 7::number(10,0) as i, 0.1::float + 0.2::float as f, true as b, 'a "b", c' as s,
    to_binary('deadbeef00', 'HEX') as bin, '2024-03-10 01:59:59.123456'::timestamp_ntz as ntz, '2024-03-10 01:59:59.5+00'::timestamp_ltz as ltz,
    '9999-12-31'::date as d, '13:00:05.012345'::time as t, '{"b": 1}'::variant as v, [1, 2] as a, null::varchar as none, null::float as nothing, '' as empty`

  test('arrive as canonical text', async () => {
    await using connector = await make()
    await using source = await connector.openSource()
    expect((await readText(source, { kind: 'query', sql })).text).toBe(
      '12345678901234567890.100000000000000000,7,0.30000000000000004,t,"a ""b"", c",\\xdeadbeef00,2024-03-10 01:59:59.123456,' +
        '2024-03-10 01:59:59.5+00,9999-12-31,13:00:05.012345,"{""b"":1}","[1,2]",,,""\n',
    )
    const fine = "select '2024-03-10 01:59:59.123456789'::timestamp_ns as ts"
    await expect(readText(source, { kind: 'query', sql: fine })).rejects.toMatchObject({ code: 'FRACTION_TOO_FINE' })
  })

  test('come in chunks from tables after a watermark, and of queries from one run', async () => {
    await using connector = await make()
    await connector.execute('create table marks (seen timestamp_ntz, k varchar(20), n number(10,2))')
    await connector.execute(
      String.raw`insert into marks values ('2024-01-01', 'a\\b', 1.5), ('2024-01-01', 'it''s', 2.5), ('2024-01-02 00:00:00.5', 'z', 3.5), (null, 'y', null)`,
    )
    await using source = await connector.openSource()
    const table = { kind: 'table', table: { scope: ['PUBLIC'], name: 'marks' } } as const
    expect(await source.countNullCursors(table, 'seen')).toBe(1)
    expect(await source.cursorMark(table, 'seen', ['k'])).toEqual({ cursor: '2024-01-02 00:00:00.5', keys: ['z'] })
    const after = { cursor: '2024-01-01 00:00:00', keys: ['a\\b'] }
    const found = await readText(source, { ...table, range: { cursor: 'seen', keys: ['k'], after } })
    expect(found.text).toBe("2024-01-01 00:00:00,it's,2.50\n2024-01-02 00:00:00.5,z,3.50\n")
    const day = { cursor: 'seen', keys: [], after: { cursor: '2024-01-02 00:00:00.5', keys: [] }, lookback: 86_401 }
    expect((await readText(source, { ...table, range: day })).rows).toBe(3)

    const query = { kind: 'query', sql: 'select random() as run_once, i from range(1000) as t(i)' } as const
    const first = await readText(source, query)
    expect(await source.count(query)).toBe(1000)
    expect(await readText(source, query)).toEqual(first)
    expect(fake.statements.filter(({ sql: ran }) => ran.includes('run_once'))).toHaveLength(1)
    expect(fake.requests().filter((request) => request.startsWith('GET /chunks/')).length).toBeGreaterThanOrEqual(3)
    await expect(source.cursorMark(query, 'i', [])).rejects.toMatchObject({ code: 'CURSOR_NEEDS_TABLE' })
  })
})

describe('exports through a stage inside of Snowflake', () => {
  const query = 'select i as id, case when i % 2 = 0 then null else \'x "y"\' end as label from range(1000) as t(i)'

  test('are files of the export alone, and leave none in the stage', async () => {
    await using connector = await make({ stage: 'INNER_STAGE' })
    await using file = await connector.export(query, { format: 'csv', rowLimit: 700 })
    if (file.kind !== 'local-file') throw new Error(`The export is a ${file.kind}.`)
    expect(file.rows).toBe(700)
    const lines = (await readFile(file.path, 'utf8')).split('\n')
    expect(lines).toHaveLength(701)
    expect([...lines].sort().slice(1, 3)).toEqual(['"0",', '"1","x ""y"""'])
    expect(await fake.staged()).toEqual([])
    const ran = fake.statements.findLast(({ sql }) => sql.startsWith('COPY INTO'))
    expect(ran).toMatchObject({
      tag: 'tinybird_unload',
      sql: expect.stringMatching(/^COPY INTO @INNER_STAGE\/tinybird\/[0-9a-f-]{36}\/part /),
    })
    await using empty = await connector.export(`${query} where i < 0`, { format: 'csv' })
    expect(empty).toMatchObject({ rows: 0, bytes: 0 })
  })

  test('that fail in the middle leave nothing', async () => {
    await using connector = await make({ stage: 'INNER_STAGE' })
    fake.set({ failAfterFiles: 2 })
    try {
      await expect(connector.export(query, { format: 'csv' })).rejects.toMatchObject({
        message: expect.stringContaining('Remote file writing failed. Try again.'),
      })
      expect(await fake.staged()).toEqual([])
    } finally {
      fake.set({ failAfterFiles: Number.POSITIVE_INFINITY })
    }
  })
})

describe('sessions of Snowflake', () => {
  test('renew their token', async () => {
    await using connector = await make()
    expect(await connector.query('select 1', { scalar: true })).toBe(1)
    fake.expireTokens()
    expect(await connector.query('select 2', { scalar: true })).toBe(2)
    expect(fake.requests()).toContain('POST /session/token-request')
  })

  test('that cannot be opened say so in one line, without the password', async () => {
    await using connector = await make({ password: 'wr0ng-secret' })
    const failing = connector.query('select 1')
    await expect(failing).rejects.toBeInstanceOf(SnowflakeConnectionError)
    await expect(failing).rejects.toMatchObject({
      code: 'SNOWFLAKE_LOGIN_FAILED',
      message: expect.stringMatching(/^[^\n]*Incorrect username or password was specified\. Try again\.[^\n]*$/),
    })
    await expect(failing).rejects.not.toThrow('wr0ng-secret')
  })

  test('hide the databases of Snowflake itself', async () => {
    await using connector = await make()
    expect(await connector.listScope([])).toEqual([{ name: 'SHOP', value: 'SHOP' }])
    expect(await connector.listScope(['SHOP'])).toContainEqual({ name: 'PUBLIC', value: 'SHOP.PUBLIC' })
    await connector.execute('create view a_view as select 1 as one')
    expect(await connector.listScope(['SHOP', 'PUBLIC'])).toContainEqual({
      name: 'a_view',
      value: 'SHOP.PUBLIC.a_view',
    })
  })
})

test.each([
  [{ type: 'text' }, 'Nullable(String)', false],
  [{ type: 'fixed', precision: 10, scale: 0 }, 'Nullable(Int64)', false],
  [{ type: 'fixed', precision: 38, scale: 0 }, 'Nullable(Int64)', true],
  [{ type: 'fixed', precision: 10, scale: 2 }, 'Nullable(Float64)', true],
  [{ type: 'fixed', precision: 38, scale: 10 }, 'Nullable(Float64)', true],
  [{ type: 'real' }, 'Nullable(Float64)', false],
  [{ type: 'timestamp_ntz', scale: 9 }, 'Nullable(DateTime64)', true],
  [{ type: 'date' }, 'Nullable(Date32)', true],
  [{ type: 'timestamp_tz', scale: 9 }, 'Nullable(String)', true],
  [{ type: 'boolean' }, 'Nullable(String)', true],
  [{ type: 'variant' }, 'Nullable(String)', true],
])('%j is suggested as %s', (raw, expected, remarked) => {
  const suggested = suggestRaw({ name: 'x', precision: null, scale: null, nullable: true, ...raw })
  expect(suggested.chType.name).toBe(expected)
  expect(suggested.remark !== undefined).toBe(remarked)
})

test('an address names account, database and schema', () => {
  expect(parseUri('snowflake://u:p%40ss@org-account/SHOP/PUBLIC?warehouse=W')).toEqual({
    ...{ account: 'org-account', user: 'u', password: 'p@ss', database: 'SHOP', schema: 'PUBLIC', warehouse: 'W' },
  })
})
