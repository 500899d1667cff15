import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  addContentHashes,
  type Column,
  type ContentHash,
  contentHash,
  createRowHasher,
  decompress,
  parquetFooter,
  parquetMagic,
  type RowBlock,
  readCsv,
  readNdjson,
} from '@millrace/formats'
import { hashTable } from '../duckdb/hash-table.ts'
import { withConstants } from '../files/constant-cells.ts'
import { duckdbType } from '../files/file-table.ts'
import type { FileTarget } from '../files/place.ts'
import { quoteGlobFree, withParquet } from '../files/read-back.ts'
import { selectColumns } from '../files/select-columns.ts'
import type { ObjectStore } from '../kit/object-store.ts'
import type { FormatOptions } from '../kit/source.ts'
import { quoteName, quoteText } from '../kit/sql-quote.ts'
import type { StagedObject } from './records.ts'
import { spoolObject } from './spool.ts'

/** Objects whose keys are those of the store, and how they were written. */
export interface ObjectSet {
  readonly store: ObjectStore
  readonly objects: readonly StagedObject[]
  readonly format: FileTarget['format']
  readonly compression: FileTarget['compression']
  readonly header: boolean
  readonly options: FormatOptions
  /** All columns, those of the paths included. */
  readonly columns: readonly Column[]
  readonly partitionBy: readonly string[]
}

/** Local copies of Parquet are made for so many bytes at a time. */
const batchBytes = 256 << 20
const batchObjects = 100

export function bodyColumns({ columns, partitionBy }: Pick<ObjectSet, 'columns' | 'partitionBy'>): Column[] {
  return columns.filter(({ name }) => !partitionBy.includes(name))
}

export function pathColumns({ columns, partitionBy }: Pick<ObjectSet, 'columns' | 'partitionBy'>): Column[] {
  return partitionBy.map((name) => columns.find((column) => column.name === name) as Column)
}

/** All rows of CSV or NDJSON objects, with all columns in their order, read where they are. */
export async function* objectBlocks(set: ObjectSet, signal?: AbortSignal): AsyncGenerator<RowBlock> {
  const body = bodyColumns(set)
  const inFile = [...body, ...pathColumns(set)]
  async function* blocks(): AsyncGenerator<RowBlock> {
    for (const { key, etag, partition = [] } of set.objects) {
      const pinned = { ...(etag === null ? {} : { etag }), ...(signal ? { signal } : {}) }
      const text = decompress(set.store.read(key, pinned), set.compression)
      const rows =
        set.format === 'csv'
          ? readCsv(text, { columnCount: body.length, header: set.header })
          : readNdjson(text, { columns: body, options: set.options })
      yield* withConstants(rows, partition)
    }
  }
  yield* selectColumns(blocks(), inFile, set.columns)
}

/** Hash of objects, read back from the store. */
export async function hashObjects(
  set: ObjectSet,
  hashed: readonly Column[],
  signal?: AbortSignal,
): Promise<ContentHash> {
  if (set.format === 'parquet') return await hashParquetObjects(set, hashed, signal)
  const hasher = createRowHasher(hashed)
  for await (const block of selectColumns(objectBlocks(set, signal), set.columns, hashed)) hasher.update(block)
  return hasher.digest()
}

async function hashParquetObjects(
  set: ObjectSet,
  hashed: readonly Column[],
  signal: AbortSignal | undefined,
): Promise<ContentHash> {
  const hashes: ContentHash[] = [contentHash(0, 0n, 0n)]
  for (const batch of batches(set.objects)) {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-objects-'))
    try {
      const files: string[] = []
      for (const object of batch) {
        const file = join(folder, `${files.length}.parquet`)
        await spoolObject(set.store, object, file, { ...ends(set, object), signal })
        files.push(file)
      }
      const rows = parquetRows(files, batch, { columns: set.columns, paths: pathColumns(set) })
      hashes.push(
        await withParquet(files, signal, async (connection) => {
          await connection.run(`CREATE VIEW _millrace_objects AS ${rows}`)
          return await hashTable(connection, '_millrace_objects', hashed)
        }),
      )
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  return addContentHashes(hashes)
}

/** What makes a file of the part of an object that is to be. */
function ends(set: ObjectSet, { groups }: StagedObject): { before?: Uint8Array; after?: Uint8Array } {
  if (!groups) return {}
  const placed = groups.map(({ index, offset }) => ({ index, offset: offset + parquetMagic.length }))
  return { before: parquetMagic, after: parquetFooter(bodyColumns(set), placed) }
}

/**
 * A SELECT from local copies of Parquet objects, in which the columns of their paths are columns like
 * all others: in their places, or behind those of the files when `columns` is null.
 */
export function parquetRows(
  files: readonly string[],
  objects: readonly { readonly partition?: readonly (string | null)[] }[],
  { columns, paths }: { readonly columns: readonly Column[] | null; readonly paths: readonly Column[] },
): string {
  const list = `[${files.map(quoteGlobFree).join(', ')}]`
  if (paths.length === 0) return `SELECT * FROM read_parquet(${list}, union_by_name = true)`
  const values = files.map((file, index) => {
    const cells = paths.map((_, place) => sqlText(objects[index]?.partition?.[place] ?? null))
    return `(${[quoteText(file), ...cells].join(', ')})`
  })
  const inPath = (name: string) => paths.findIndex((column) => column.name === name)
  const pathValue = ({ name, type }: Column) =>
    `CAST(paths.value_${inPath(name)} AS ${partitionType(type)}) AS ${quoteName(name)}`
  const selected = columns
    ? columns.map((column) => (inPath(column.name) < 0 ? `files.${quoteName(column.name)}` : pathValue(column)))
    : ['files.* EXCLUDE (_millrace_file)', ...paths.map(pathValue)]
  const taken = paths.map(({ name }) => quoteText(name)).join(', ')
  return (
    `SELECT ${selected.join(', ')} FROM (SELECT COLUMNS(lambda c: c NOT IN (${taken})) ` +
    `FROM read_parquet(${list}, union_by_name = true, filename = '_millrace_file')) AS files ` +
    `JOIN (VALUES ${values.join(', ')}) AS paths(file, ${paths.map((_, place) => `value_${place}`).join(', ')}) ` +
    'ON files._millrace_file = paths.file'
  )
}

function sqlText(value: string | null): string {
  return value === null ? 'CAST(NULL AS VARCHAR)' : quoteText(value)
}

/** As `duckdbType`, with room for all integers. */
function partitionType(type: Column['type']): string {
  return type.kind === 'integer' && type.unsigned && type.bits === 64 ? 'UBIGINT' : duckdbType(type)
}

function* batches(objects: readonly StagedObject[]): Generator<StagedObject[]> {
  let batch: StagedObject[] = []
  let bytes = 0
  for (const object of objects) {
    if (batch.length > 0 && (bytes + object.bytes > batchBytes || batch.length === batchObjects)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(object)
    bytes += object.bytes
  }
  if (batch.length > 0) yield batch
}
