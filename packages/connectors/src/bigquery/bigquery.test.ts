import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type BigqueryField, type FakeBigquery, startFakeBigquery } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createBase } from '../ingest/base.ts'
import { createSqlIngest } from '../ingest/sql-ingest.ts'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { SqlConnector } from '../kit/connector.ts'
import { readText } from '../kit/read-text.contract.ts'
import { createConnector } from '../kit/registry.ts'
import { describeSqlConnector } from '../kit/sql-connector.contract.ts'
import { parseUri } from './config.ts'
import { definition } from './connector.ts'

let folder: string
let fake: FakeBigquery
let config: ConfigValues
const make = async (choices: ConfigValues = {}) =>
  (await createConnector('bigquery', { ...config, ...choices })) as SqlConnector

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  await writeFile(join(folder, 'subject'), 'subject-token')
  fake = await startFakeBigquery()
  config = {
    project: fake.project,
    dataset: 'shop',
    endpoint: fake.url,
    credentials_json: fake.credentials(join(folder, 'subject')),
    page_rows: 300,
  }
  await using connector = await make({ dataset: '' })
  await connector.execute('create schema shop')
})
afterAll(async () => {
  await fake?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

describeSqlConnector('BigQuery (fake)', () => ({
  make,
  definition,
  unreachable: [
    { name: 'nobody listens', config: { ...config, endpoint: 'http://127.0.0.1:1' } },
    { name: 'no such project', config: { ...config, project: 'absent' } },
    { name: 'no credentials file', config: { project: 'p', endpoint: fake.url, credentials_file: '/absent.json' } },
  ],
  quote: (name) => `\`${name}\``,
  schema: 'shop',
  parents: [fake.project, 'shop'],
  names: [
    'contract_plain',
    'contract_empty',
    'contract_ünïcode_表',
    'contract with-dash',
    'contract_'.padEnd(300, 'n'),
  ],
  textType: 'string(300)',
  series: (rows) => `select i as id, repeat('x', 200) as label from range(1, ${rows + 1}) as t(i)`,
  failing: `select case when i = 50000 then error('no') else 'y' end as x from range(1, 100000) as t(i)`,
  endless: `select sum(i % 7) as endless_marker from range(1000000000000) as t(i)`,
  refused: [
    'delete from contract_plain where true',
    'select 1; delete from contract_plain',
    'truncate table contract_plain',
  ],
  async running(text) {
    await nextTurn()
    return fake.running(text)
  },
  connections: null,
  concurrentWrites: true,
  longestName: 300,
}))

const rest = (name: string, type: string, more: Partial<BigqueryField> = {}): BigqueryField => ({
  name,
  type,
  mode: 'NULLABLE',
  ...more,
})

describe('values of BigQuery', () => {
  const fields: readonly BigqueryField[] = [
    rest('i', 'INTEGER'),
    rest('f', 'FLOAT'),
    rest('nan', 'FLOAT'),
    rest('inf', 'FLOAT'),
    rest('n', 'NUMERIC'),
    rest('n2', 'NUMERIC', { precision: '10', scale: '2' }),
    rest('big', 'BIGNUMERIC'),
    rest('b', 'BOOLEAN'),
    rest('s', 'STRING'),
    rest('bytes', 'BYTES'),
    rest('ts', 'TIMESTAMP'),
    rest('old', 'TIMESTAMP'),
    rest('dt', 'DATETIME'),
    rest('d', 'DATE'),
    rest('t', 'TIME'),
    rest('iv', 'INTERVAL'),
    rest('geo', 'GEOGRAPHY'),
    rest('j', 'JSON'),
    rest('ints', 'INTEGER', { mode: 'REPEATED' }),
    rest('texts', 'STRING', { mode: 'REPEATED' }),
    rest('rec', 'RECORD', {
      fields: [rest('a', 'INTEGER'), rest('z', 'BYTES'), rest('many', 'FLOAT', { mode: 'REPEATED' })],
    }),
    rest('recs', 'RECORD', { mode: 'REPEATED', fields: [rest('at', 'TIMESTAMP')] }),
    rest('none', 'STRING'),
  ]
  const row = [
    '9223372036854775807',
    '1.0E21',
    'NaN',
    '-Infinity',
    '1.1',
    '-3',
    '12345678901234567890123456789012345678.00000000000000000000000000000000000001',
    'true',
    'a "b", c',
    '3q2+7wA=',
    '1710053999123456',
    '-62135596800000000',
    '2024-03-10T01:59:59.100000',
    '9999-12-31',
    '13:00:05.012345',
    '1-2 -3 4:5:6.789',
    'POINT(1 2)',
    '{"b":1, "a":[12345678901234567890.10]}',
    [{ v: '1' }, { v: '-2' }],
    [{ v: 'a,b' }, { v: '' }, { v: 'null' }, { v: 'x"\\' }],
    { f: [{ v: '9007199254740993' }, { v: '/w==' }, { v: [{ v: '0.5' }, { v: 'NaN' }] }] },
    [{ v: { f: [{ v: '0' }] } }, { v: { f: [{ v: null }] } }],
    null,
  ]

  test('arrive as canonical text, with all their digits', async () => {
    fake.script('scripted_values', fields, [row])
    await using connector = await make()
    await using source = await connector.openSource()
    const { text } = await readText(source, { kind: 'query', sql: 'select * from scripted_values' })
    const lines = await readText(source, { kind: 'query', sql: 'select * from scripted_values' }, { format: 'ndjson' })
    expect(text).toBe(
      [
        '9223372036854775807,1e+21,NaN,-Infinity,1.100000000,-3.00',
        '12345678901234567890123456789012345678.00000000000000000000000000000000000001',
        't,"a ""b"", c",\\xdeadbeef00,2024-03-10 06:59:59.123456+00,0001-01-01 00:00:00+00,2024-03-10 01:59:59.1',
        '9999-12-31,13:00:05.012345,P1Y2M-3DT4H5M6.789S,POINT(1 2),"{""b"":1, ""a"":[12345678901234567890.10]}"',
        '"{1,-2}","{""a,b"","""",""null"",""x\\""\\\\""}"',
        '"{""a"":9007199254740993,""z"":""\\\\xff"",""many"":[0.5,""NaN""]}"',
        '"[{""at"":""1970-01-01T00:00:00+00:00""},{""at"":null}]",\n',
      ].join(','),
    )
    expect(lines.text).toContain('"i":9223372036854775807,')
    expect(lines.text).toContain('"texts":["a,b","","null","x\\"\\\\"]')
    expect(lines.text).toContain('"rec":{"a":9007199254740993,"z":"\\\\xff","many":[0.5,"NaN"]}')
  })

  test.each([
    ['0-0 0 0:0:0', 'PT0S'],
    ['-1-2 0 -0:0:0.5', 'P-1Y-2MT-0.5S'],
    ['0-0 10 25:0:0', 'P10DT25H'],
  ])('the interval %s is %s', async (value, expected) => {
    fake.script(`interval ${value}`, [rest('iv', 'INTERVAL')], [[value]])
    await using connector = await make()
    await using source = await connector.openSource()
    expect((await readText(source, { kind: 'query', sql: `select 'interval ${value}'` })).text).toBe(`${expected}\n`)
  })

  test('come from tables after a watermark', async () => {
    await using connector = await make()
    await connector.execute('create table marks (seen timestamp, k string not null, n numeric(10,2))')
    await connector.execute(
      String.raw`insert into marks values (timestamp '2024-01-01 00:00:00+00', 'a\\b', 1.5), (timestamp '2024-01-01 00:00:00+00', 'it\'s', 2.5), (timestamp '2024-01-02 00:00:00.5+00', 'z', 3.5), (null, 'y', null)`,
    )
    await using source = await connector.openSource()
    const table = { kind: 'table', table: { scope: ['shop'], name: 'marks' } } as const
    expect((await source.describe(table)).columns.map(({ sourceType, nullable }) => [sourceType, nullable])).toEqual([
      ['TIMESTAMP', true],
      ['STRING', false],
      ['NUMERIC(10,2)', true],
    ])
    expect(await source.countNullCursors(table, 'seen')).toBe(1)
    expect(await source.cursorMark(table, 'seen', ['k'])).toEqual({ cursor: '2024-01-02 00:00:00.5+00', keys: ['z'] })
    const after = { cursor: '2024-01-01 00:00:00+00', keys: ['a\\b'] }
    const found = await readText(source, { ...table, range: { cursor: 'seen', keys: ['k'], after } })
    expect(found.text).toBe("2024-01-01 00:00:00+00,it's,2.50\n2024-01-02 00:00:00.5+00,z,3.50\n")
    const day = { cursor: 'seen', keys: [], after: { cursor: '2024-01-02 00:00:00.5+00', keys: [] }, lookback: 86_401 }
    expect((await readText(source, { ...table, range: day })).rows).toBe(3)
    await expect(source.cursorMark({ kind: 'query', sql: 'select * from marks' }, 'seen', [])).rejects.toMatchObject({
      code: 'CURSOR_NEEDS_TABLE',
    })
  })

  test('of a query are read, counted and hashed from one run', async () => {
    await using connector = await make()
    await using source = await connector.openSource()
    const query = { kind: 'query', sql: 'select random() as run_once from range(1000) as t(i)' } as const
    const first = await readText(source, query)
    expect(await source.count(query)).toBe(1000)
    expect(await readText(source, query)).toEqual(first)
    expect(fake.statements.filter((sql) => sql.includes('run_once'))).toHaveLength(1)
  })
})

describe('the API of BigQuery', () => {
  test('is asked again after a rate limit, and with a new token', async () => {
    await using connector = await make()
    fake.fault({ kind: 'request', status: 403, reason: 'rateLimitExceeded', path: '/queries/' })
    fake.fault({ kind: 'job', reason: 'backendError' })
    expect(await connector.query('select 41 + 1', { scalar: true })).toBe(42)
  })

  test('says how to recover', async () => {
    await using connector = await make()
    const failing = (status: number, reason: string) => {
      fake.fault({ kind: 'request', status, reason, path: '/jobs', message: 'So it is.\nReally' })
      return connector.execute('create table never (i int64)')
    }
    await expect(failing(403, 'accessDenied')).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'BIGQUERY_ACCESS_DENIED',
    })
    await expect(failing(404, 'notFound')).rejects.toMatchObject({ code: 'BIGQUERY_NOT_FOUND' })
    await expect(failing(400, 'invalidQuery')).rejects.toMatchObject({
      message: expect.stringContaining('says: So it is. Really. Check the statement.'),
    })
    fake.fault({ kind: 'job', reason: 'backendError' })
    await expect(connector.execute('create table never (i int64)')).rejects.toMatchObject({
      name: 'TransientError',
      code: 'BIGQUERY_SERVER_UNAVAILABLE',
    })
    await expect(
      make({ credentials_json: '{"private_key": "s3cret' }).then((broken) => broken.query('select 1')),
    ).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_CREDENTIALS', message: expect.not.stringContaining('s3cret') }),
    )
  })

  test('lists projects, datasets and tables over many pages', async () => {
    await using connector = await make()
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await connector.execute(`create table if not exists paged_${name} (i int64)`)
    expect(await connector.listScope([])).toEqual([{ name: fake.project, value: fake.project }])
    expect(await connector.listScope([fake.project])).toContainEqual({ name: 'shop', value: `${fake.project}.shop` })
    const tables = await connector.listScope([fake.project, 'shop'])
    expect(tables.filter(({ name }) => name.startsWith('paged_')).map(({ value }) => value)).toEqual(
      ['a', 'b', 'c', 'd', 'e'].map((name) => `${fake.project}.shop.paged_${name}`),
    )
    await using source = await connector.openSource()
    expect(await source.listTables(['shop.paged_?', 'shop.paged_a'])).toHaveLength(5)
    expect(await source.listTables([`${fake.project}.shop.paged_a`])).toEqual([
      { scope: [fake.project, 'shop'], name: 'paged_a' },
    ])
  })

  test('suggests the types of the ingestion kit, and the query that loads into them', async () => {
    await using connector = await make()
    await connector.execute(
      'create table suggested (s string not null, b bytes, i int64, f float64, ts timestamp, dt datetime, d date, ints array<int64>, fs array<float64>, n numeric, bo bool, ti time, j json, r struct<a int64>, ss array<string>)',
    )
    const scopes = [fake.project, 'shop', 'suggested']
    const columns = await connector.suggestSchema(scopes)
    expect(columns.map(({ srcType, chType }) => [srcType.name, chType.name])).toEqual([
      ['STRING', 'String'],
      ['BYTES', 'Nullable(String)'],
      ['INTEGER', 'Nullable(Int64)'],
      ['FLOAT', 'Nullable(Float64)'],
      ['TIMESTAMP', 'Nullable(DateTime64)'],
      ['DATETIME', 'Nullable(DateTime64)'],
      ['DATE', 'Nullable(Date32)'],
      ['REPEATED INTEGER', 'Array(Int64)'],
      ['REPEATED FLOAT', 'Array(Float64)'],
      ['NUMERIC', 'Nullable(String)'],
      ['BOOLEAN', 'Nullable(String)'],
      ['TIME', 'Nullable(String)'],
      ['JSON', 'Nullable(String)'],
      ['RECORD', 'Nullable(String)'],
      ['REPEATED STRING', 'String'],
    ])
    expect(columns.filter(({ remark }) => remark === undefined).map(({ name }) => name)).toEqual([
      's',
      'i',
      'f',
      'ints',
      'fs',
    ])
    expect(connector.ingestQuery?.(scopes, columns)).toBe(
      'SELECT `s`, TO_BASE64(`b`) AS `b`, `i`, `f`, ' +
        "FORMAT_TIMESTAMP('%F %H:%M:%E3S', `ts`) AS `ts`, FORMAT_DATETIME('%F %H:%M:%E3S', `dt`) AS `dt`, `d`, " +
        'TO_JSON_STRING(`ints`) AS `ints`, TO_JSON_STRING(`fs`) AS `fs`, CAST(`n` AS STRING) AS `n`, CAST(`bo` AS STRING) AS `bo`, ' +
        'CAST(`ti` AS STRING) AS `ti`, TO_JSON_STRING(`j`) AS `j`, TO_JSON_STRING(`r`) AS `r`, TO_JSON_STRING(`ss`) AS `ss` ' +
        'FROM `fake-project`.`shop`.`suggested`',
    )
    await connector.execute(
      "insert into suggested values ('x', from_hex('ff'), 1, 0.5, timestamp '2024-01-01 00:00:00.123456+00', null, date '2024-01-01', [1, 2], [0.5], 1.5, true, time '01:02:03', '{\"a\": 1}', {'a': 1}, ['q'])",
    )
    const [row] = await connector.query(connector.ingestQuery?.(scopes, columns) ?? '')
    expect(row).toMatchObject({ s: 'x', b: '/w==', i: 1, ts: '2024-01-01 00:00:00.123', ints: '[1,2]', ss: '["q"]' })
    const environment = { TB_CDK_TOKEN: 'token', TB_CDK_TAG: 'tag' }
    const ingest = createSqlIngest(
      createBase({ name: 'bigquery', environment, secrets: [], write: () => {} }),
      connector,
    )
    expect(await ingest.sample(scopes)).toEqual([row])
    expect(await ingest.sample(scopes, ['ts', 'b'])).toEqual([{ b: '/w==', ts: '2024-01-01 00:00:00.123' }])
    await expect(ingest.sample(scopes, ['absent'])).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND' })
  })

  test('is named by an address', () => {
    expect(parseUri('bigquery://my-project/shop?location=EU')).toEqual({
      project: 'my-project',
      dataset: 'shop',
      location: 'EU',
    })
  })
})
