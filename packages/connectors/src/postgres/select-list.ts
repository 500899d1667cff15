import type { Column, WireFormat } from '@millrace/formats'
import { quoteName } from '../kit/sql-quote.ts'
import type { PgColumn, PgType } from './types.ts'

/** The text of the output function, which `::text` is not; NULL stays NULL, and a composite of NULLs is none. */
function printed(name: string): string {
  return `case when num_nulls(${name}) = 0 then concat(${name}) end`
}

const innermost = (type: PgType): PgType => (type.element ? innermost(type.element) : type)

/**
 * How a column is selected for a COPY in a format. `isBinary` tells whether the column arrives in
 * its own binary form; everything else arrives as text.
 */
export function selectExpression(
  column: PgColumn,
  planned: Column,
  format: WireFormat,
  isBinary: (column: PgColumn, planned: Column) => boolean,
): string {
  const name = quoteName(column.name)
  // The text of money depends on the server's locale; numeric has one text.
  const isMoney = innermost(column.base).name === 'money'
  const value = isMoney ? `${name}::numeric${column.base.element ? '[]' : ''}` : name
  switch (format) {
    case 'csv':
    case 'copy-text':
      return value
    case 'ndjson':
      return isRawJson(column, planned) ? `to_json(${name})` : value
    case 'parquet':
      return isBinary(column, planned) ? value : printed(value)
    case 'copy-binary':
      return isOverridden(column, planned) ? printed(value) : value
  }
}

/** The type below all domains that a column is sent as: money is cast on the way. */
export function sentType(column: PgColumn): PgType {
  const plain = (type: PgType): PgType =>
    type.name === 'money' ? { ...type, name: 'numeric' } : { ...type, element: type.element && plain(type.element) }
  return plain(column.base)
}

/** Composites stand in NDJSON as objects, unless the column is to be text of another kind. */
export function isRawJson(column: PgColumn, planned: Column): boolean {
  return column.base.class === 'c' && planned.type.kind === 'text'
}

/** A column that was planned as text although its type is another. */
export function isOverridden(column: PgColumn, planned: Column): boolean {
  return planned.type.kind !== column.type.kind
}
