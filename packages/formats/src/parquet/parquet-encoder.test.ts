import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Column,
  columnsMetadataKey,
  createParquetEncoder,
  type LogicalType,
  LossLedger,
  type ParquetEncoderOptions,
  type Piece,
  parquetFooter,
  parquetMagic,
  type RowBlock,
  UnrepresentableValueError,
} from '../index.ts'

type Cells = readonly (readonly (string | null)[])[]

function blockOf(rows: Cells, columnCount: number): RowBlock {
  const parts: Buffer[] = []
  const starts = new Int32Array(rows.length * columnCount)
  const lengths = new Int32Array(rows.length * columnCount)
  let used = 0
  rows.forEach((row, r) => {
    row.forEach((cell, c) => {
      const bytes = cell === null ? null : Buffer.from(cell)
      starts[r * columnCount + c] = used
      lengths[r * columnCount + c] = bytes ? bytes.length : -1
      if (bytes) {
        parts.push(bytes)
        used += bytes.length
      }
    })
  })
  return { data: Buffer.concat(parts), rowCount: rows.length, columnCount, starts, lengths }
}

const column = (name: string, type: LogicalType): Column => ({ name, type, nullable: true, sourceType: '' })

async function write(
  columns: readonly Column[],
  rows: Cells,
  options: Partial<ParquetEncoderOptions> & { blockRows?: number } = {},
): Promise<Buffer> {
  const encoder = createParquetEncoder({ columns, ledger: new LossLedger(), ...options })
  const pieces: Piece[] = []
  const step = options.blockRows ?? 500
  for (let at = 0; at < rows.length; at += step) {
    pieces.push(...(await encoder.encode(blockOf(rows.slice(at, at + step), columns.length))))
  }
  pieces.push(...(await encoder.finish()))
  return fileOf(columns, pieces)
}

function fileOf(columns: readonly Column[], pieces: readonly Piece[]): Buffer {
  let offset = 4
  const rowGroups = pieces.map(({ bytes, index }) => {
    const placed = { index: index as NonNullable<Piece['index']>, offset }
    offset += bytes.length
    return placed
  })
  return Buffer.concat([parquetMagic, ...pieces.map((piece) => piece.bytes), parquetFooter(columns, rowGroups)])
}

let directory: string
let instance: DuckDBInstance
let files = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parquet-'))
  instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' })
})
afterAll(async () => {
  instance.closeSync()
  await rm(directory, { recursive: true })
})

/** Runs SQL in which `$file` stands for the file. */
async function duck(file: Buffer, sql: string): Promise<unknown[][]> {
  const path = join(directory, `${files++}.parquet`)
  await writeFile(path, file)
  const connection = await instance.connect()
  try {
    await connection.run("SET TimeZone = 'UTC'")
    return (
      await connection.runAndReadAll(sql.replaceAll('$file', `read_parquet('${path}')`))
    ).getRowsJson() as unknown[][]
  } finally {
    connection.closeSync()
  }
}

const hyparquet = (file: Buffer) =>
  parquetReadObjects({
    file: file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer,
    compressors,
    utf8: false,
  })

interface TypeCase {
  readonly type: LogicalType
  readonly duckType: string
  readonly texts: readonly string[]
  /** What DuckDB prints, where it differs from the canonical text. */
  readonly duck?: readonly string[]
  /** What hyparquet reads of the first text. */
  readonly first?: unknown
}

const integer = (bits: 8 | 16 | 32 | 64, unsigned = false): LogicalType => ({ kind: 'integer', bits, unsigned })
const decimal = (precision: number | null, scale: number | null): LogicalType => ({ kind: 'decimal', precision, scale })

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
        expect(objects.at(-1)?.['v'] ?? null).toBeNull()
        if (first !== undefined) expect(objects[0]?.['v']).toEqual(first)
      }
    },
  )
})
