import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api'
import { ConfigError } from '@millrace/core'
import type { CursorRange, Relation, TableRef } from '../kit/source.ts'
import { quoteName, quoteText } from '../kit/sql-quote.ts'
import { canonicalText } from './canonical-text.ts'
import { logicalType } from './types.ts'

export interface NativeColumn {
  readonly name: string
  readonly type: DuckDBType
}

/** The columns of anything that can stand after FROM, without reading a row. */
export async function nativeColumns(connection: DuckDBConnection, from: string): Promise<NativeColumn[]> {
  const result = await connection.run(`SELECT * FROM ${from} LIMIT 0`)
  const types = result.columnTypes()
  const columns = result.columnNames().map((name, index) => ({ name, type: types[index] as DuckDBType }))
  const seen = new Set<string>()
  for (const { name } of columns) {
    if (seen.has(name)) {
      throw new ConfigError('DUPLICATE_COLUMN', {
        message: `The query has two columns named "${name}". Give one of them another name with AS.`,
      })
    }
    seen.add(name)
  }
  return columns
}

/** A query as something that can stand after FROM; only reading statements can. */
export function subquery(sql: string): string {
  return `(${sql.replace(/[\s;]+$/, '')}\n) AS _millrace_q`
}

/** The rows of a relation: its FROM, and WHERE when only a range is read. */
export function rowsOf(relation: Relation, from: string, columns: readonly NativeColumn[]): string {
  return relation.range ? `${from} WHERE ${rangePredicate(relation.range, columns)}` : from
}

function rangePredicate(range: CursorRange, columns: readonly NativeColumn[]): string {
  const { cursor, keys, after, lookback } = range
  const type = typeOf(columns, cursor)
  const mark = literal(type, after.cursor)
  const name = quoteName(cursor)
  if (lookback !== undefined) return `${name} >= ${subtract(type, mark, lookback)}`
  // Written out, since a comparison of rows would rank NULL keys above all others.
  const ties = keys.reduceRight((rest, key, index) => {
    const value = literal(typeOf(columns, key), after.keys[index] ?? '')
    const greater = `${quoteName(key)} > ${value}`
    return rest === '' ? greater : `(${greater} OR (${quoteName(key)} = ${value} AND ${rest}))`
  }, '')
  return ties === '' ? `${name} > ${mark}` : `(${name} > ${mark} OR (${name} = ${mark} AND ${ties}))`
}

function subtract(type: DuckDBType, mark: string, amount: number): string {
  if (amount === 0) return mark
  const { kind } = logicalType(type)
  if (kind === 'timestamp' || kind === 'date') return `${mark} - to_microseconds(${Math.round(amount * 1e6)})`
  // An unsigned watermark near zero must not wrap.
  if (kind === 'integer') return `CAST(${mark} AS HUGEINT) - ${Math.ceil(amount)}`
  return `${mark} - ${amount}`
}

function typeOf(columns: readonly NativeColumn[], name: string): DuckDBType {
  const column = columns.find((candidate) => candidate.name === name)
  if (column) return column.type
  throw new ConfigError('COLUMN_NOT_FOUND', {
    message: `There is no column "${name}". The columns are ${columns.map((candidate) => candidate.name).join(', ')}.`,
  })
}

/** Canonical text back to a value of the column's own type. */
function literal(type: DuckDBType, text: string): string {
  const { kind } = logicalType(type)
  if (kind === 'binary') return `from_hex(${quoteText(text.slice(2))})`
  const own = kind === 'date' || kind === 'timestamp' ? text.replace(/^(\S+)(.*) BC$/, '$1 (BC)$2') : text
  return `CAST(${quoteText(own)} AS ${type.toString()})`
}

/** A watermark keeps all digits of the column, also those that canonical text cuts. */
export function cursorText(columns: readonly NativeColumn[], name: string): string {
  const type = typeOf(columns, name)
  return type.typeId === 22 ? `CAST(${quoteName(name)} AS VARCHAR)` : canonicalText(type, quoteName(name))
}

export function tableAddress(catalog: string, table: TableRef): string {
  const schema = table.scope.at(-1) ?? 'main'
  return [catalog, schema, table.name].map(quoteName).join('.')
}
