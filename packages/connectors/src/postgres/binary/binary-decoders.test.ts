import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ColumnDecoder,
  createParquetEncoder,
  type LogicalType,
  LossLedger,
  type Piece,
  type RowBlock,
  textDecoders,
  type UnrepresentablePolicy,
  UnrepresentableValueError,
} from '@millrace/formats'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BinaryType, binaryDecoderFor, hasBinaryCodec } from './binary-decoders.ts'
import { createBinaryRowParser } from './row-parser.ts'

const base = (name: string): BinaryType => ({ name, class: 'b', element: null })
const array = (element: BinaryType): BinaryType => ({ name: `_${element.name}`, class: 'b', element })
const decimal = (precision: number | null, scale: number | null): LogicalType => ({ kind: 'decimal', precision, scale })
const integer = (bits: 8 | 16 | 32 | 64, unsigned = false): LogicalType => ({ kind: 'integer', bits, unsigned })
const list = (element: LogicalType): LogicalType => ({ kind: 'list', element })
const text: LogicalType = { kind: 'text' }

interface TypeCase {
  readonly sql: string
  readonly pgType: BinaryType
  readonly type: LogicalType
  readonly values: readonly string[]
}

const cases: TypeCase[] = [
  { sql: 'bool', pgType: base('bool'), type: { kind: 'boolean' }, values: ['t', 'f'] },
  { sql: 'int2', pgType: base('int2'), type: integer(16), values: ['-32768', '32767', '0'] },
  { sql: 'int4', pgType: base('int4'), type: integer(32), values: ['-2147483648', '2147483647', '-1'] },
  {
    sql: 'int8',
    pgType: base('int8'),
    type: integer(64),
    values: ['-9223372036854775808', '9223372036854775807', '-1', '4294967296'],
  },
  { sql: 'oid', pgType: base('oid'), type: integer(32, true), values: ['4294967295', '0'] },
  { sql: 'xid8', pgType: base('xid8'), type: integer(64, true), values: ['18446744073709551615', '0'] },
  {
    sql: 'float4',
    pgType: base('float4'),
    type: { kind: 'float', bits: 32 },
    values: ['0.1', '16777217', '-0', 'NaN', 'Infinity', '1e-45', '3.4028235e38'],
  },
  {
    sql: 'float8',
    pgType: base('float8'),
    type: { kind: 'float', bits: 64 },
    values: ['0.30000000000000004', '5e-324', '1e21', '-0', 'NaN', '-Infinity'],
  },
  ...(
    [
      [4, 0],
      [4, 2],
      [9, 4],
      [15, 2],
      [15, 15],
      [16, 1],
      [18, 9],
      [18, 0],
      [19, 3],
      [30, 29],
      [38, 18],
      [38, 0],
      [38, 37],
    ] as const
  ).map(([p, s]): TypeCase => {
    const nines = '9'.repeat(p)
    const greatest = s === 0 ? nines : `${nines.slice(0, p - s) || '0'}.${nines.slice(p - s)}`
    const least = s === 0 ? '1' : `0.${'1'.padStart(s, '0')}`
    const round = s === 0 ? `1${'0'.repeat(p - 1)}` : p > s ? `1${'0'.repeat(p - s - 1)}` : '0.1'
    return {
      sql: `numeric(${p},${s})`,
      pgType: base('numeric'),
      type: decimal(p, s),
      values: [greatest, `-${greatest}`, least, `-${least}`, round, `-${round}`, '0', '0.5', '0.0625'].filter(
        (value) => !(p === s && value === '1'),
      ),
    }
  }),
  {
    sql: 'numeric',
    pgType: base('numeric'),
    type: decimal(null, null),
    values: [
      '1.1000',
      '0',
      '0.00',
      '-0.000012',
      '10000',
      '100000000',
      '123456789012345678901234567890.00001',
      'NaN',
      '1e-20',
      '12345.6789',
      '0.0001',
    ],
  },
  { sql: 'numeric(1000,3)', pgType: base('numeric'), type: decimal(1000, 3), values: ['1'.repeat(900), '-1.5'] },
  {
    sql: 'text',
    pgType: base('text'),
    type: text,
    values: ['', 'a,b', '"q"\nü🦆', 'x'.repeat(95), 'y'.repeat(96), 'z'.repeat(97), 'w'.repeat(5000)],
  },
  { sql: 'varchar(10)', pgType: base('varchar'), type: text, values: ['abc', ''] },
  { sql: 'char(5)', pgType: base('bpchar'), type: text, values: ['ab', ''] },
  { sql: 'name', pgType: base('name'), type: text, values: ['pg_class'] },
  { sql: 'json', pgType: base('json'), type: { kind: 'json' }, values: ['{"b":1, "a":2,  "a":3}', 'null'] },
  { sql: 'jsonb', pgType: base('jsonb'), type: { kind: 'json' }, values: ['{"b":1,"a":[1.10, 1e2]}', 'null', '""'] },
  { sql: 'bytea', pgType: base('bytea'), type: { kind: 'binary' }, values: ['\\xdeadbeef00', '\\x'] },
  {
    sql: 'uuid',
    pgType: base('uuid'),
    type: { kind: 'uuid' },
    values: ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '00000000-0000-0000-0000-000000000000'],
  },
  {
    sql: 'date',
    pgType: base('date'),
    type: { kind: 'date' },
    values: ['2024-02-29', '1970-01-01', '1969-12-31', '0001-12-31 BC', '4713-01-01 BC', '5874897-12-31', '1582-10-10'],
  },
  { sql: 'time', pgType: base('time'), type: { kind: 'time' }, values: ['00:00:00', '23:59:59.999999', '13:00:05.01'] },
  {
    sql: 'timetz',
    pgType: base('timetz'),
    type: text,
    values: ['13:00:05.012345+05:30', '24:00:00-12', '00:00:00+00', '01:02:03+04:05:06', '01:02:03.5-04:00:06'],
  },
  {
    sql: 'timestamp',
    pgType: base('timestamp'),
    type: { kind: 'timestamp', utc: false },
    values: [
      '2024-03-10 01:59:59.123456',
      '1969-12-31 23:59:59.999999',
      '2000-01-01',
      '1999-12-31 23:59:59.999999',
      '0044-03-15 12:00:00 BC',
      '4713-01-01 BC',
      '294246-12-31 23:59:59.999999',
      '294247-01-10 04:00:54.775806',
    ],
  },
  {
    sql: 'timestamptz',
    pgType: base('timestamptz'),
    type: { kind: 'timestamp', utc: true },
    values: ['2024-03-10 01:59:59.123456-05', '0001-01-01 00:00:00+00'],
  },
  {
    sql: 'interval',
    pgType: base('interval'),
    type: { kind: 'interval' },
    values: [
      '1 year 2 mons -3 days 04:05:06.789',
      '0',
      '-1 month',
      '-14 months 3 days',
      '-00:00:00.5',
      '26:00:00',
      '-1 day -00:01',
      '1 hour -1 second',
      '2562047788:00:54.775807',
      '100 years',
      '00:00:01.000001',
      '-00:59:59.9',
      'infinity',
      '-infinity',
    ],
  },
  { sql: 'bit(3)', pgType: base('bit'), type: text, values: ['101', '000'] },
  { sql: 'varbit', pgType: base('varbit'), type: text, values: ['', '00101', '1111000011110000111'] },
  {
    sql: 'mood',
    pgType: { name: 'public.mood', class: 'e', element: null },
    type: { kind: 'enum', labels: ['ok', 'sad'] },
    values: ['ok', 'sad'],
  },
  {
    sql: 'int4[]',
    pgType: array(base('int4')),
    type: list(integer(32)),
    values: ['{1,NULL,3}', '{}', '[2:3]={7,8}', '{NULL}'],
  },
  {
    sql: 'text[]',
    pgType: array(base('text')),
    type: list(text),
    values: ['{"a,b","\\"q\\"","NULL",NULL,"","\\\\x"}', '{}', '{a,b}'],
  },
  {
    sql: 'numeric(10,2)[]',
    pgType: array(base('numeric')),
    type: list(decimal(10, 2)),
    values: ['{1.10,-2}', '{NULL}'],
  },
  {
    sql: 'timestamptz[]',
    pgType: array(base('timestamptz')),
    type: list({ kind: 'timestamp', utc: true }),
    values: ['{"2024-03-10 01:59:59.123456-05",NULL}'],
  },
  { sql: 'jsonb[]', pgType: array(base('jsonb')), type: list({ kind: 'json' }), values: ['{"{\\"a\\": 1}",null}'] },
  {
    sql: 'mood[]',
    pgType: array({ name: 'public.mood', class: 'e', element: null }),
    type: list({ kind: 'enum', labels: [] }),
    values: ['{ok,NULL}'],
  },
  {
    sql: 'uuid[]',
    pgType: array(base('uuid')),
    type: list({ kind: 'uuid' }),
    values: ['{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'],
  },
  { sql: 'bool[]', pgType: array(base('bool')), type: list({ kind: 'boolean' }), values: ['{t,f,NULL}'] },
  {
    sql: 'bytea[]',
    pgType: array(base('bytea')),
    type: list({ kind: 'binary' }),
    values: ['{"\\\\x00ff",NULL,"\\\\x"}'],
  },
]

let server: TestPostgres
let client: pg.Client
let directory: string

beforeAll(async () => {
  server = await startPostgres()
  directory = await mkdtemp(join(tmpdir(), 'binary-'))
  await chmod(directory, 0o777)
  client = new pg.Client({
    connectionString: server.url(),
    options: '-c TimeZone=UTC -c IntervalStyle=iso_8601 -c extra_float_digits=1',
    types: { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig,
  })
  await client.connect()
  await client.query("CREATE TYPE mood AS ENUM ('ok', 'sad')")
})
afterAll(async () => {
  await client?.end()
  await server?.stop()
  await rm(directory, { recursive: true, force: true })
})

let copies = 0

/** The same rows in COPY's binary form and as text. */
async function both(query: string): Promise<{ binary: Buffer; text: RowBlock }> {
  const path = join(directory, String(copies++))
  await client.query(`COPY (${query}) TO '${path}' (FORMAT binary)`)
  const { rows } = await client.query({ text: query, rowMode: 'array' })
  const cells = (rows as (string | null)[][]).flat().map((cell) => (cell === null ? null : Buffer.from(cell)))
  let used = 0
  const starts = Int32Array.from(cells, (cell) => {
    const start = used
    used += cell?.length ?? 0
    return start
  })
  return {
    binary: await readFile(path),
    text: {
      data: Buffer.concat(cells.filter((cell) => cell !== null)),
      rowCount: rows.length,
      columnCount: 1,
      starts,
      lengths: Int32Array.from(cells, (cell) => cell?.length ?? -1),
    },
  }
}

async function encode(
  type: LogicalType,
  block: RowBlock,
  decoder: ColumnDecoder,
  policy: UnrepresentablePolicy = 'error',
  ledger = new LossLedger(),
): Promise<Piece[]> {
  const columns = [{ name: 'v', type, nullable: true, sourceType: '' }]
  const encoder = createParquetEncoder({ columns, decoders: [decoder], ledger, policy })
  return [...(await encoder.encode(block)), ...(await encoder.finish())]
}

describe("COPY's binary form gives the same Parquet as the text", () => {
  test.each(cases.map((c) => [c.sql, c] as const))('%s', async (_sql, { sql, pgType, type, values }) => {
    const list = [...values, null].map((value) => (value === null ? 'NULL' : `('${value.replaceAll("'", "''")}')`))
    const { binary, text } = await both(
      `SELECT v::${sql} FROM (VALUES ${list.map((v) => `(${v})`).join(',')}) AS t (v)`,
    )
    const block = createBinaryRowParser(1).parse(binary)
    expect(block.rowCount).toBe(values.length + 1)
    expect(hasBinaryCodec(type, pgType)).toBe(true)
    const ours = await encode(type, block, binaryDecoderFor(type, pgType))
    const [decoder] = textDecoders([{ name: 'v', type, nullable: true, sourceType: '' }])
    const theirs = await encode(type, text, decoder as ColumnDecoder)
    expect(ours[0]?.index).toEqual(theirs[0]?.index)
    expect(Buffer.compare(ours[0]?.bytes as Buffer, theirs[0]?.bytes as Buffer)).toBe(0)
  })
})

const timestamp: LogicalType = { kind: 'timestamp', utc: false }
describe('values that Parquet cannot hold follow the policy', () => {
  test.each<[string, string, string, BinaryType, LogicalType]>([
    ["'infinity'::date", 'infinite-date', 'infinity', base('date'), { kind: 'date' }],
    ["'-infinity'::timestamp", 'infinite-timestamp', '-infinity', base('timestamp'), timestamp],
    ["'294276-12-31 23:59:59.999999'::timestamp", 'timestamp-range', '294247', base('timestamp'), timestamp],
    ["'24:00:00'::time", 'time-24', '24:00:00', base('time'), { kind: 'time' }],
    ["'NaN'::numeric(5,2)", 'decimal-nan', 'NaN', base('numeric'), decimal(5, 2)],
    ["'-Infinity'::numeric", 'decimal-infinity', '-Infinity', base('numeric'), decimal(38, 2)],
    ["'12345.678'::numeric", 'decimal-overflow', '12345.678', base('numeric'), decimal(8, 2)],
    ["'1234567890'::numeric", 'decimal-overflow', '1234567890', base('numeric'), decimal(9, 0)],
    ["'{{1,2},{3,4}}'::int[]", 'list-dimensions', '2 dimensions', array(base('int4')), list(integer(32))],
    ["'{1.10,NaN}'::numeric[]", 'decimal-nan', 'NaN', array(base('numeric')), list(decimal(10, 2))],
  ])('%s: %s', async (expression, reason, shown, pgType, type) => {
    const { binary } = await both(`SELECT ${expression}`)
    const decoder = binaryDecoderFor(type, pgType)
    const parser = createBinaryRowParser(1)
    await expect(encode(type, parser.parse(binary), decoder)).rejects.toThrow(UnrepresentableValueError)
    await expect(encode(type, parser.parse(binary), decoder, 'text')).rejects.toThrow(shown)
    const ledger = new LossLedger()
    const [piece] = await encode(type, parser.parse(binary), decoder, 'null', ledger)
    expect(ledger.entries()).toEqual([{ column: 'v', reason, outcome: 'nulled', count: 1 }])
    expect(piece?.index?.columns[0]?.statistics?.nullCount).toBe(1)
  })
})

test('a lost array bound is counted', async () => {
  const { binary } = await both("SELECT '[2:3]={7,8}'::int[]")
  const ledger = new LossLedger()
  const type = list(integer(32))
  await encode(
    type,
    createBinaryRowParser(1).parse(binary),
    binaryDecoderFor(type, array(base('int4'))),
    'error',
    ledger,
  )
  expect(ledger.entries()).toEqual([{ column: 'v', reason: 'array-bounds', outcome: 'altered', count: 1 }])
})

test('types without a codec are left to the query', () => {
  expect(hasBinaryCodec(text, base('inet'))).toBe(false)
  expect(hasBinaryCodec(text, { name: 'public.pair', class: 'c', element: null })).toBe(false)
  expect(hasBinaryCodec(text, base('timestamp'))).toBe(false)
  expect(hasBinaryCodec(text, base('constructor'))).toBe(false)
})

test('a stream of another shape is refused', async () => {
  const { binary } = await both('SELECT 1')
  expect(() => createBinaryRowParser(2).parse(binary)).toThrow('planned columns')
  expect(() => createBinaryRowParser(1).parse(binary.subarray(0, binary.length - 5))).toThrow('planned columns')
})
