import { ConfigError } from '@millrace/core'
import type { CursorRange } from '../kit/source.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { quoteLiteral } from './identifiers.ts'
import type { PgColumn } from './types.ts'

/** A value of a column as a constant of the column's own type. */
export function typedLiteral(column: PgColumn, text: string): string {
  // Canonical money is plain digits, which the type itself reads by the locale.
  if (column.base.name === 'money') return `${quoteLiteral(text)}::numeric::money`
  return `${quoteLiteral(text)}::${column.sourceType}`
}

/** The condition of a cursor range, or null without one. Compares whole rows, so that an index on (cursor, keys) serves it. */
export function rangeCondition(columns: readonly PgColumn[], range: CursorRange | undefined): string | null {
  if (!range) return null
  const cursor = columnNamed(columns, range.cursor)
  if (range.lookback !== undefined) {
    return `${quoteName(cursor.name)} >= ${lookbackStart(cursor, range.after.cursor, range.lookback)}`
  }
  const parts = [cursor, ...range.keys.map((key) => columnNamed(columns, key))]
  const values = [range.after.cursor, ...range.after.keys]
  const names = parts.map((column) => quoteName(column.name))
  const literals = parts.map((column, index) => typedLiteral(column, values[index] ?? ''))
  return parts.length === 1 ? `${names[0]} > ${literals[0]}` : `(${names.join(', ')}) > (${literals.join(', ')})`
}

function lookbackStart(cursor: PgColumn, after: string, lookback: number): string {
  const literal = typedLiteral(cursor, after)
  const amount = quoteLiteral(String(lookback))
  switch (cursor.type.kind) {
    case 'timestamp':
    case 'date':
      return `${literal} - make_interval(secs => ${amount}::float8)`
    case 'integer':
      return `ceil(${quoteLiteral(after)}::numeric - ${amount}::numeric)::int8`
    case 'decimal':
    case 'float':
      return `${literal} - ${amount}::${cursor.base.name === 'money' ? 'numeric::money' : cursor.base.name}`
    default:
      throw new ConfigError('LOOKBACK_UNSUPPORTED', {
        message: `A look-back needs a cursor that is a number, a date or a timestamp; "${cursor.name}" is ${cursor.sourceType}.`,
        details: { column: cursor.name, type: cursor.sourceType },
      })
  }
}

export function columnNamed(columns: readonly PgColumn[], name: string): PgColumn {
  const column = columns.find((candidate) => candidate.name === name)
  if (column) return column
  throw new ConfigError('COLUMN_NOT_FOUND', {
    message: `There is no column "${name}". There are: ${columns.map((candidate) => candidate.name).join(', ')}.`,
    details: { column: name },
  })
}
