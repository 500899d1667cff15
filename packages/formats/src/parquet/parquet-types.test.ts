import { describe, expect, test } from 'vitest'
import { type LogicalType, LossLedger, UnrepresentableValueError } from '../index.ts'
import { column, decimal, duck, hyparquet, integer, list, text, useDuck, write } from './parquet-files.test.support.ts'

useDuck()

interface TypeCase {
  readonly type: LogicalType
  readonly duckType: string
  readonly texts: readonly string[]
  /** What DuckDB prints, where it differs from the canonical text. */
  readonly duck?: readonly string[]
  /** What hyparquet reads of the first text. */
  readonly first?: unknown
}

const cases: TypeCase[] = [
  {
    type: { kind: 'boolean' },
    duckType: 'BOOLEAN',
    texts: ['t', 'f', 't'],
    duck: ['true', 'false', 'true'],
    first: true,
  },
  { type: integer(8), duckType: 'TINYINT', texts: ['-128', '127', '0'], first: -128 },
  { type: integer(16), duckType: 'SMALLINT', texts: ['-32768', '32767'], first: -32768 },
  { type: integer(32), duckType: 'INTEGER', texts: ['-2147483648', '2147483647'], first: -2147483648 },
  {
    type: integer(64),
    duckType: 'BIGINT',
    texts: [
      '9223372036854775807',
      '-9223372036854775808',
      '-1',
      '123456789012345678',
      '-4294967296',
      '9007199254740993',
    ],
    first: 9223372036854775807n,
  },
  { type: integer(8, true), duckType: 'UTINYINT', texts: ['255', '0'] },
  { type: integer(16, true), duckType: 'USMALLINT', texts: ['65535', '000042'], duck: ['65535', '42'] },
  { type: integer(32, true), duckType: 'UINTEGER', texts: ['4294967295', '0'], first: 4294967295 },
  { type: integer(64, true), duckType: 'UBIGINT', texts: ['18446744073709551615', '0', '9223372036854775808'] },
  {
    type: decimal(5, 2),
    duckType: 'DECIMAL(5,2)',
    texts: ['-999.99', '0.01', '7.00', '12'],
    duck: ['-999.99', '0.01', '7.00', '12.00'],
  },
  { type: decimal(5, -2), duckType: 'DECIMAL(7,0)', texts: ['12300', '-9999900'] },
  { type: decimal(3, 5), duckType: 'DECIMAL(5,5)', texts: ['0.00123', '-0.00999'], duck: ['.00123', '-.00999'] },
  { type: decimal(15, 2), duckType: 'DECIMAL(15,2)', texts: ['9999999999999.99', '-0.10'] },
  {
    type: decimal(18, 4),
    duckType: 'DECIMAL(18,4)',
    texts: ['-99999999999999.9999', '99999999999999.9999', '-0.0001'],
  },
  {
    type: decimal(38, 18),
    duckType: 'DECIMAL(38,18)',
    texts: [
      '12345678901234567890.123456789012345678',
      '-99999999999999999999.999999999999999999',
      '-0.000000000000000001',
      '0.000000000000000000',
    ],
  },
  { type: decimal(null, null), duckType: 'VARCHAR', texts: ['1.1000', 'NaN', '-Infinity'] },
  { type: decimal(65, 30), duckType: 'VARCHAR', texts: [`${'9'.repeat(35)}.${'1'.repeat(30)}`] },
  {
    type: { kind: 'float', bits: 32 },
    duckType: 'FLOAT',
    texts: ['0.1', '1.6777216e+07', '-0', 'NaN', 'Infinity', '-Infinity'],
    duck: ['0.1', '16777216.0', '-0.0', 'nan', 'inf', '-inf'],
  },
  {
    type: { kind: 'float', bits: 64 },
    duckType: 'DOUBLE',
    texts: ['0.30000000000000004', '5e-324', '1e+21', '-0', 'NaN', '-Infinity'],
    duck: ['0.30000000000000004', '5e-324', '1e+21', '-0.0', 'nan', '-inf'],
    first: 0.30000000000000004,
  },
  { type: { kind: 'text' }, duckType: 'VARCHAR', texts: ['', 'a', 'ünïcödé 🦆', 'x"y,\n', 'a\0b', 'z'.repeat(3000)] },
  {
    type: { kind: 'binary' },
    duckType: 'BLOB',
    texts: ['\\xdeadbeef00', '\\x'],
    duck: ['\\xDE\\xAD\\xBE\\xEF\\x00', ''],
  },
  {
    type: { kind: 'date' },
    duckType: 'DATE',
    texts: ['2024-02-29', '1970-01-01', '0001-12-31 BC', '1600-03-01', '9999-12-31', '12024-01-01'],
    duck: ['2024-02-29', '1970-01-01', '0001-12-31 (BC)', '1600-03-01', '9999-12-31', '12024-01-01'],
  },
  { type: { kind: 'time' }, duckType: 'TIME', texts: ['00:00:00', '23:59:59.999999', '13:00:05.01'] },
  {
    type: { kind: 'timestamp', utc: false },
    duckType: 'TIMESTAMP',
    texts: [
      '2024-03-10 01:59:59.123456',
      '1969-12-31 23:59:59.999999',
      '0044-03-15 12:00:00 BC',
      '9999-12-31 23:59:59.999999',
      '294246-12-31 23:59:59.999999',
    ],
    duck: [
      '2024-03-10 01:59:59.123456',
      '1969-12-31 23:59:59.999999',
      '0044-03-15 (BC) 12:00:00',
      '9999-12-31 23:59:59.999999',
      '294246-12-31 23:59:59.999999',
    ],
  },
  {
    type: { kind: 'timestamp', utc: true },
    duckType: 'TIMESTAMP WITH TIME ZONE',
    texts: ['2024-03-10 06:59:59.123456+00', '0001-01-01 00:00:00+00'],
  },
  { type: { kind: 'interval' }, duckType: 'VARCHAR', texts: ['P1Y2M-3DT4H5M6.789S'] },
  {
    type: { kind: 'duration' },
    duckType: 'BIGINT',
    texts: ['-838:59:59', '838:59:59', '00:00:00.5', '-00:00:00.000001'],
    duck: ['-3020399000000', '3020399000000', '500000', '-1'],
  },
  {
    type: { kind: 'uuid' },
    duckType: 'UUID',
    texts: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '00000000-0000-0000-0000-000000000000'],
  },
  { type: { kind: 'json' }, duckType: 'JSON', texts: ['{"b":1, "a":2,  "a":3, "n":12345678901234567890.10}', 'null'] },
  { type: { kind: 'enum', labels: ['ok', 'bad'] }, duckType: 'VARCHAR', texts: ['ok', 'bad'] },
]

describe('every type', () => {
  test.each(cases.map((c) => [`${JSON.stringify(c.type)} is ${c.duckType}`, c] as const))(
    '%s',
    async (_name, { type, duckType, texts, duck: printed, first }) => {
      const columns = [column('n', integer(32)), column('v', type)]
      const rows: (string | null)[][] = texts.map((text, i) => [String(i), text])
      rows.push([String(texts.length), null])
      const expected = [...(printed ?? texts), null]
      for (const repeat of [1, 40]) {
        // Repeated, the values go through a dictionary.
        const repeated = Array.from({ length: repeat }, (_, k) =>
          rows.map((row, i) => [String(k * rows.length + i), row[1] as string | null]),
        ).flat()
        const file = await write(columns, repeated)
        const result = await duck(file, 'SELECT v::VARCHAR, typeof(v) FROM $file ORDER BY n')
        const cellOf = (row: unknown[]) => row[0]
        if (type.kind === 'binary') {
          const raw = await duck(file, "SELECT '\\x' || lower(hex(v)) FROM $file ORDER BY n")
          expect(raw.map(cellOf)).toEqual(repeated.map((row) => row[1]))
        } else expect(result.map(cellOf)).toEqual(repeated.map((_, i) => expected[i % expected.length]))
        expect(new Set(result.map((row) => row[1]))).toEqual(new Set([duckType]))
        const objects = await hyparquet(file)
        expect(objects).toHaveLength(repeated.length)
        expect(objects.at(-1)?.v ?? null).toBeNull()
        if (first !== undefined) expect(objects[0]?.v).toEqual(first)
      }
    },
  )
})

describe('lists', () => {
  test('keep NULL, empty and NULL elements apart', async () => {
    const columns = [column('n', integer(32)), column('i', list(integer(32))), column('t', list(text))]
    const rows = [
      ['0', '{1,NULL,3}', '{"a,b","\\"q\\"","NULL",NULL,"","\\\\x"}'],
      ['1', '{}', '{}'],
      ['2', null, null],
      ['3', '[2:3]={7,8}', '{plain,"{braces}"}'],
      ['4', '{NULL}', '{ü}'],
    ]
    const ledger = new LossLedger()
    const file = await write(columns, rows, { ledger, blockRows: 2 })
    const expected = [
      [
        [1, null, 3],
        ['a,b', '"q"', 'NULL', null, '', '\\x'],
      ],
      [[], []],
      [null, null],
      [
        [7, 8],
        ['plain', '{braces}'],
      ],
      [[null], ['ü']],
    ]
    expect(await duck(file, 'SELECT i, t FROM $file ORDER BY n')).toEqual(expected)
    expect((await hyparquet(file)).map((row) => [row.i ?? null, row.t ?? null])).toEqual(expected)
    expect(ledger.entries()).toEqual([{ column: 'i', reason: 'array-bounds', outcome: 'altered', count: 1 }])
  })

  test('of every kind of element', async () => {
    const columns = [
      column('d', list({ kind: 'date' })),
      column('u', list({ kind: 'uuid' })),
      column('b', list({ kind: 'boolean' })),
      column('n', list(decimal(20, 2))),
      column('x', list({ kind: 'binary' })),
    ]
    const row = ['{2024-02-29}', '{00000000-0000-0000-0000-000000000001}', '{t,f,NULL}', '{1.10,-2}', '{"\\\\x00ff"}']
    const [[d, u, b, n, x] = []] = await duck(
      await write(columns, [row]),
      'SELECT d::VARCHAR, u::VARCHAR, b::VARCHAR, n::VARCHAR, hex(x[1]) FROM $file',
    )
    expect([d, u, b, n, x]).toEqual([
      '[2024-02-29]',
      '[00000000-0000-0000-0000-000000000001]',
      '[true, false, NULL]',
      '[1.10, -2.00]',
      '00FF',
    ])
  })

  test('of many rows, over pages and row groups', async () => {
    const columns = [column('v', list(integer(64)))]
    const rows = Array.from({ length: 20_000 }, (_, i) => [
      i % 5 === 0 ? null : `{${Array.from({ length: i % 40 }, (_, k) => i * 1000 + k).join()}}`,
    ])
    const file = await write(columns, rows, { rowGroupRows: 15_000 })
    expect(await duck(file, 'SELECT count(*), count(v), sum(len(v)), sum(list_sum(v))::VARCHAR FROM $file')).toEqual(
      await duck(
        file,
        `SELECT count(*), count(*) FILTER (i % 5 <> 0), sum(i % 40) FILTER (i % 5 <> 0),
                sum(i::HUGEINT * 1000 * (i % 40) + (i % 40) * (i % 40 - 1) // 2) FILTER (i % 5 <> 0)::VARCHAR
           FROM range(20000) t (i)`,
      ),
    )
  })
})

describe('values that a column cannot hold', () => {
  const rejected: [string, LogicalType, string][] = [
    ['infinity', { kind: 'date' }, 'infinite-date'],
    ['-infinity', { kind: 'timestamp', utc: true }, 'infinite-timestamp'],
    ['294276-12-31 23:59:59.999999', { kind: 'timestamp', utc: false }, 'timestamp-range'],
    ['24:00:00', { kind: 'time' }, 'time-24'],
    ['0000-00-00', { kind: 'date' }, 'zero-date'],
    ['2000-00-01', { kind: 'date' }, 'zero-date'],
    ['0000-00-00 00:00:00', { kind: 'timestamp', utc: false }, 'zero-date'],
    ['2023-02-29', { kind: 'date' }, 'invalid-text'],
    ['NaN', decimal(5, 2), 'decimal-nan'],
    ['-Infinity', decimal(38, 2), 'decimal-infinity'],
    ['1234.5', decimal(5, 2), 'decimal-overflow'],
    ['0.001', decimal(5, 2), 'decimal-overflow'],
    ['9'.repeat(39), decimal(38, 0), 'decimal-overflow'],
    ['{{1,2},{3,4}}', list(integer(32)), 'list-dimensions'],
    ['{1,NaN}', list(decimal(5, 2)), 'decimal-nan'],
    ['9223372036854775808', integer(64), 'integer-overflow'],
    ['-1', integer(64, true), 'integer-overflow'],
    ['128', integer(8), 'integer-overflow'],
    ['abc', integer(32), 'invalid-text'],
    ['', { kind: 'float', bits: 64 }, 'invalid-text'],
    ['yes', { kind: 'boolean' }, 'invalid-text'],
    ['xyz', { kind: 'uuid' }, 'invalid-text'],
    ['\\xabc', { kind: 'binary' }, 'invalid-text'],
  ]
  test.each(rejected)('%s as %j: %s', async (value, type, reason) => {
    const columns = [column('bad', type)]
    for (const policy of ['error', 'text'] as const) {
      const error = await write(columns, [[value]], { policy }).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(UnrepresentableValueError)
      expect(error).toMatchObject({ column: 'bad', reason })
    }
    const ledger = new LossLedger()
    const file = await write(columns, [[value], [null]], { policy: 'null', ledger })
    expect(ledger.entries()).toEqual([{ column: 'bad', reason, outcome: 'nulled', count: 1 }])
    const kept = type.kind === 'list' && reason !== 'list-dimensions' ? 1 : 0
    expect(await duck(file, 'SELECT count(*), count(bad) FROM $file')).toEqual([['2', String(kept)]])
  })

  test('are infinite dates, timestamps and 24:00:00, which DuckDB can read back', async () => {
    const columns = [
      column('d', { kind: 'date' }),
      column('t', { kind: 'timestamp', utc: false }),
      column('z', { kind: 'timestamp', utc: true }),
      column('h', { kind: 'time' }),
    ]
    const rows = [
      ['infinity', 'infinity', 'infinity', '24:00:00'],
      ['-infinity', '-infinity', '-infinity', '00:00:00'],
    ]
    const file = await write(columns, rows, { infinityAsExtremes: true })
    expect(await duck(file, 'SELECT d::VARCHAR, t::VARCHAR, z::VARCHAR, h::VARCHAR FROM $file')).toEqual(rows)
    expect(await duck(file, "SELECT count(*) FROM $file WHERE d = 'infinity' AND z > now()")).toEqual([['1']])
  })
})
