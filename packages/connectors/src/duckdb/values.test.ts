import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LossLedger } from '@millrace/formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { loadSpec } from '../kit/load-spec.test.fixture.ts'
import { readRequest, readText } from '../kit/read-text.contract.ts'
import type { Target } from '../kit/sink.ts'
import type { Relation } from '../kit/source.ts'
import { definition } from './connector.ts'

const values: readonly [name: string, type: string, literals: readonly string[], texts: readonly string[]][] = [
  ['boolean', 'BOOLEAN', ['true', 'false'], ['t', 'f']],
  ['integers', 'UBIGINT', ['18446744073709551615'], ['18446744073709551615']],
  ['hugeint', 'HUGEINT', ['-99999999999999999999999999999999999999'], ['-99999999999999999999999999999999999999']],
  [
    'decimal',
    'DECIMAL(38,18)',
    ['12345678901234567890.123456789012345678', '1.1', '-0.05'],
    ['12345678901234567890.123456789012345678', '1.100000000000000000', '-0.050000000000000000'],
  ],
  ['decimal below one', 'DECIMAL(5,5)', ['0.00123', '-0.5', '0'], ['0.00123', '-0.50000', '0.00000']],
  [
    'double',
    'DOUBLE',
    [
      '0.1::DOUBLE + 0.2',
      "'-0.0'",
      '5e-324',
      '1e21',
      '1e15',
      '123456789012345.6',
      '1234567890123456.5',
      '9007199254740993',
      '1e-5',
      "'nan'",
      "'-inf'",
      '100',
    ],
    [
      '0.30000000000000004',
      '-0',
      '5e-324',
      '1e+21',
      '1e+15',
      '123456789012345.6',
      '1.2345678901234565e+15',
      '9.007199254740992e+15',
      '1e-05',
      'NaN',
      '-Infinity',
      '100',
    ],
  ],
  [
    'float',
    'FLOAT',
    ['0.1', '16777217', '1e6', '999999', '123456.7', "'inf'"],
    ['0.1', '1.6777216e+07', '1e+06', '999999', '123456.7', 'Infinity'],
  ],
  [
    'text',
    'VARCHAR',
    ["''", "'#hash'", "'a,\"b\"' || chr(10) || 'c'", "'\\.'", "' x '", "'é🦆'"],
    ['', '#hash', 'a,"b"\nc', '\\.', ' x ', 'é🦆'],
  ],
  ['blob', 'BLOB', ["'\\xDE\\xAD\\x00'::BLOB", "''::BLOB"], ['\\xdead00', '\\x']],
  [
    'date',
    'DATE',
    ["'2024-02-29'", "'infinity'", "'-infinity'", "'0044-03-15 (BC)'", "'5877642-06-25 (BC)'"],
    ['2024-02-29', 'infinity', '-infinity', '0044-03-15 BC', '5877642-06-25 BC'],
  ],
  ['time', 'TIME', ["'24:00:00'", "'00:00:00.000001'"], ['24:00:00', '00:00:00.000001']],
  ['timetz', 'TIMETZ', ["'13:00:05.012345+05:30'"], ['13:00:05.012345+05:30']],
  [
    'timestamp',
    'TIMESTAMP',
    ["'2024-03-10 01:59:59.1'", "'infinity'", "'0044-03-15 (BC) 12:00:00'"],
    ['2024-03-10 01:59:59.1', 'infinity', '0044-03-15 12:00:00 BC'],
  ],
  [
    'timestamptz',
    'TIMESTAMPTZ',
    ["'2024-03-10 01:59:59.123456-05'", "'-infinity'", "'0044-03-15 (BC) 12:00:00+00'"],
    ['2024-03-10 06:59:59.123456+00', '-infinity', '0044-03-15 12:00:00+00 BC'],
  ],
  ['timestamp_ms', 'TIMESTAMP_MS', ["'2024-03-10 01:59:59.12'"], ['2024-03-10 01:59:59.12']],
  [
    'interval',
    'INTERVAL',
    [
      'to_months(14) - to_days(3) + to_microseconds(14706789000)',
      'to_microseconds(-500000)',
      'to_days(0)',
      'to_months(-1) + to_hours(100)',
    ],
    ['P1Y2M-3DT4H5M6.789S', 'PT-0.5S', 'PT0S', 'P-1MT100H'],
  ],
  ['uuid', 'UUID', ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"], ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']],
  [
    'json',
    'JSON',
    ['\'{"b":1, "a":2,  "a":3, "n":12345678901234567890.10}\'', "'null'"],
    ['{"b":1, "a":2,  "a":3, "n":12345678901234567890.10}', 'null'],
  ],
  ['bit', 'BIT', ["'00101'"], ['00101']],
  ['enum', "ENUM('ok', 'it''s bad')", ["'it''s bad'"], ["it's bad"]],
  [
    'list of text',
    'VARCHAR[]',
    ["['a,b', '\"q\"', 'NULL', NULL, '', '\\x', ' ', 'null', '{}']", '[]'],
    ['{"a,b","\\"q\\"","NULL",NULL,"","\\\\x"," ","null","{}"}', '{}'],
  ],
  ['list of timestamps', 'TIMESTAMPTZ[]', ["['2024-01-01 00:00:00+00', NULL]"], ['{"2024-01-01 00:00:00+00",NULL}']],
  ['array', 'INTEGER[3]', ['[1, NULL, 3]'], ['{1,NULL,3}']],
  ['nested list', 'INTEGER[][]', ['[[1], [2, NULL]]'], ['[[1],[2,null]]']],
  ['struct', 'STRUCT(a INTEGER, b VARCHAR)', ["{'a': 1, 'b': 'x\"'}"], ['{"a":1,"b":"x\\""}']],
  ['map', 'MAP(VARCHAR, INTEGER)', ["MAP {'k': 1}"], ['{"k":1}']],
]

let folder: string
let from: SqlConnector
let to: SqlConnector
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  from = definition.create({ path: ':memory:' }) as SqlConnector
  to = definition.create({ path: join(folder, 'copy.duckdb') }) as SqlConnector
})
afterAll(async () => {
  await from[Symbol.asyncDispose]()
  await to[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const field = (text: string) =>
  text === '' || /[",\r\n]/.test(text) || text === '\\.' ? `"${text.replaceAll('"', '""')}"` : text

describe('DuckDB values', () => {
  test.each(values)('%s has its canonical text, and keeps it in a copy', async (name, type, literals, texts) => {
    const table = `values ${name}`
    await from.execute(`CREATE TABLE "${table}" (v ${type})`)
    for (const literal of literals) await from.execute(`INSERT INTO "${table}" SELECT CAST(${literal} AS ${type})`)
    await from.execute(`INSERT INTO "${table}" VALUES (NULL)`)
    await using source = await from.openSource()
    const relation: Relation = { kind: 'table', table: { scope: ['main'], name: table } }
    const { columns } = await source.describe(relation)
    expect((await readText(source, relation)).text).toBe([...texts.map(field), ''].map((row) => `${row}\n`).join(''))

    await using sink = await to.openSink()
    const target: Target = { kind: 'table', table: { scope: [], name: table } }
    const { changes } = await sink.plan(target, columns, 'duckdb', 'replace')
    const options = sink.formatOptions({})
    const spec = loadSpec({
      key: 'values',
      target,
      mode: 'replace',
      columns,
      sourceDialect: 'duckdb',
      changes,
      format: 'parquet',
      options,
    })
    await using load = await sink.openLoad(spec, null)
    await load.writeChunk(
      { id: '0000', bounds: null },
      source.read(readRequest(relation, columns, { format: 'parquet', options })),
      () => [],
    )
    const hash = await source.contentHash(relation, columns)
    expect(await load.stagedHash(columns)).toEqual(hash)
    await load.publish()
    await load.complete()
    expect(await sink.contentHash(target, columns)).toEqual(hash)
  })

  test('nanoseconds are cut to microseconds and counted', async () => {
    await using source = await from.openSource()
    const sql = "SELECT unnest([TIMESTAMP_NS '2024-01-01 00:00:00.123456789', '2024-01-01 00:00:00.5']) AS ns"
    const relation: Relation = { kind: 'query', sql }
    const ledger = new LossLedger()
    expect((await readText(source, relation, { ledger })).text).toBe(
      '2024-01-01 00:00:00.123456\n2024-01-01 00:00:00.5\n',
    )
    expect(ledger.entries()).toEqual([{ column: 'ns', reason: 'nanoseconds', outcome: 'altered', count: 1 }])
  })
})
