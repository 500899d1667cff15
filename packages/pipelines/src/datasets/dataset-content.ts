import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { quoteName, quoteText } from '@millrace/connectors'
import { DataError } from '@millrace/core'
import type { WorkDatabase } from './work-database.ts'

export type DatasetValue = string | number | bigint | boolean | Date | null | undefined
export type DatasetRow = Readonly<Record<string, DatasetValue>>

/**
 * What is published: rows of JavaScript, a file of Parquet, or what a query of a work database gives. Numbers that are all
 * whole become BIGINT, other numbers DOUBLE, bigint HUGEINT, dates TIMESTAMP WITH TIME ZONE.
 */
export type DatasetContent =
  | { readonly rows: Iterable<DatasetRow> | AsyncIterable<DatasetRow> }
  | { readonly parquet: Uint8Array | AsyncIterable<Uint8Array> }
  | { readonly sql: string; readonly database: WorkDatabase }

const metadataColumns = "columns(c -> not starts_with(lower(c), '__metadata_'))"

/** Puts content into a table, once, without metadata columns that it came with. */
export async function stageContent(
  content: DatasetContent,
  database: WorkDatabase,
  table: string,
  signal?: AbortSignal,
): Promise<void> {
  const query =
    'sql' in content
      ? `${content.sql.replace(/[\s;]+$/, '')}\n`
      : 'rows' in content
        ? await rowsQuery(content.rows, database)
        : await parquetQuery(content.parquet, database)
  await database.runConfined(
    `create or replace table ${quoteName(table)} as select ${metadataColumns} from (${query})`,
    signal,
  )
}

async function parquetQuery(
  parquet: Uint8Array | AsyncIterable<Uint8Array>,
  { folder }: WorkDatabase,
): Promise<string> {
  const path = join(folder, 'content.parquet')
  await pipeline(parquet instanceof Uint8Array ? [parquet] : parquet, createWriteStream(path, { mode: 0o600 }))
  return `select * from read_parquet(${quoteText(path)}, hive_partitioning = false)`
}

async function rowsQuery(
  rows: Iterable<DatasetRow> | AsyncIterable<DatasetRow>,
  { folder }: WorkDatabase,
): Promise<string> {
  const types = new Map<string, string | null>()
  const path = join(folder, 'content.ndjson')
  async function* lines() {
    let row = 0
    for await (const values of rows) {
      row++
      for (const [name, value] of Object.entries(values)) types.set(name, widerType(name, row, types.get(name), value))
      yield `${JSON.stringify(values, jsonValue)}\n`
    }
  }
  await pipeline(lines(), createWriteStream(path, { mode: 0o600 }))
  if (types.size === 0) throw datasetEmpty()
  const columns = [...types].map(([name, type]) => `${quoteText(name)}: ${quoteText(type ?? 'VARCHAR')}`)
  return `select * from read_json(${quoteText(path)}, format = 'newline_delimited', columns = {${columns.join(', ')}})`
}

/** What JSON has not travels as text, which DuckDB casts: bigint, infinite numbers, NaN and -0. */
function jsonValue(this: unknown, _: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (Object.is(value, -0)) return '-0'
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

function widerType(name: string, row: number, known: string | null | undefined, value: DatasetValue): string | null {
  const type = typeOf(value)
  if (known === undefined || known === null || type === known) return type ?? known ?? null
  if (type === null) return known
  const both = new Set([known, type])
  if (both.has('BIGINT') && both.has('DOUBLE')) return 'DOUBLE'
  if (both.has('BIGINT') && both.has('HUGEINT')) return 'HUGEINT'
  throw new DataError('DATASET_TYPES_MIXED', {
    message: `The column "${name}" holds ${type} in row ${row} and ${known} before. Make its values of one type.`,
    details: { column: name, row },
  })
}

function typeOf(value: DatasetValue): string | null {
  switch (typeof value) {
    case 'boolean':
      return 'BOOLEAN'
    case 'bigint':
      return 'HUGEINT'
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? 'BIGINT' : 'DOUBLE'
    case 'string':
      return 'VARCHAR'
    default:
      return value instanceof Date ? 'TIMESTAMP WITH TIME ZONE' : null
  }
}

export function datasetEmpty(): DataError {
  return new DataError('DATASET_EMPTY', {
    message:
      'There are no rows to publish. A dataset is published with one row at least; look at what should have given them.',
  })
}
