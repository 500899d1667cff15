import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { afterAll, beforeAll } from 'vitest'
import {
  type Column,
  createParquetEncoder,
  type LogicalType,
  LossLedger,
  type ParquetEncoderOptions,
  type Piece,
  parquetFooter,
  parquetMagic,
  type RowBlock,
} from '../index.ts'

export type Cells = readonly (readonly (string | null)[])[]

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

export const column = (name: string, type: LogicalType): Column => ({ name, type, nullable: true, sourceType: '' })

/** A file of the rows, whose cells are canonical text. */
export async function write(
  columns: readonly Column[],
  rows: Cells,
  options: Partial<ParquetEncoderOptions> & { blockRows?: number } = {},
): Promise<Buffer> {
  const encoder = createParquetEncoder({ columns, ledger: new LossLedger(), ...options })
  const pieces: Piece[] = []
  const keep = (valid: Piece[]) => pieces.push(...valid.map((piece) => ({ ...piece, bytes: Buffer.from(piece.bytes) })))
  const step = options.blockRows ?? 500
  for (let at = 0; at < rows.length; at += step) {
    keep(await encoder.encode(blockOf(rows.slice(at, at + step), columns.length)))
  }
  keep(await encoder.finish())
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

/** Called once by each test file: a DuckDB and a place for files. */
export function useDuck(): void {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'parquet-'))
    instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' })
  })
  afterAll(async () => {
    instance.closeSync()
    await rm(directory, { recursive: true })
  })
}

/** Runs SQL in which `$file` stands for the file. */
export async function duck(file: Buffer, sql: string): Promise<unknown[][]> {
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

export const hyparquet = (file: Buffer) =>
  parquetReadObjects({
    file: file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer,
    compressors,
    utf8: false,
  })

/** What DuckDB's parquet_metadata says of each column chunk. */
export async function metadataOf(file: Buffer): Promise<Record<string, unknown>[]> {
  const path = join(directory, `${files++}.parquet`)
  await writeFile(path, file)
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(`SELECT * FROM parquet_metadata('${path}')`)).getRowObjectsJson()
  } finally {
    connection.closeSync()
  }
}

export const integer = (bits: 8 | 16 | 32 | 64, unsigned = false): LogicalType => ({ kind: 'integer', bits, unsigned })
export const decimal = (precision: number | null, scale: number | null): LogicalType => ({
  kind: 'decimal',
  precision,
  scale,
})
export const list = (element: LogicalType): LogicalType => ({ kind: 'list', element })
export const text: LogicalType = { kind: 'text' }
