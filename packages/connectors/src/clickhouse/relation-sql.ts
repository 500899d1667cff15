import { ConfigError } from '@millrace/core'
import { parseClickhouseType } from '../kit/clickhouse-type.ts'
import type { CursorRange, Relation } from '../kit/source.ts'
import { canonicalText } from './canonical-text.ts'
import type { DescribedRelation, NativeColumn } from './catalog.ts'
import { quoteName, quoteText } from './sql-text.ts'
import { fractionDigits, logicalType } from './types.ts'

export function columnNamed(columns: readonly NativeColumn[], name: string): NativeColumn {
  const column = columns.find((candidate) => candidate.name === name)
  if (column) return column
  throw new ConfigError('COLUMN_NOT_FOUND', {
    message: `There is no column "${name}". The columns are ${columns.map((each) => each.name).join(', ')}.`,
  })
}

/** The rows of a relation: its FROM, and WHERE when only a range is read. */
export function rowsOf(relation: Relation, { from, native }: DescribedRelation, ...more: readonly string[]): string {
  const conditions = [...(relation.range ? [rangeCondition(relation.range, native)] : []), ...more]
  return conditions.length === 0 ? from : `${from} WHERE ${conditions.map((each) => `(${each})`).join(' AND ')}`
}

export function textsOf(columns: readonly NativeColumn[]): string[] {
  return columns.map(({ name, type }) => canonicalText(type, quoteName(name)))
}

function rangeCondition({ cursor, keys, after, lookback }: CursorRange, columns: readonly NativeColumn[]): string {
  const own = columnNamed(columns, cursor)
  const name = quoteName(cursor)
  const mark = valueLiteral(own, after.cursor)
  if (lookback !== undefined) return `${name} >= ${subtract(own, mark, lookback)}`
  // Written out, since a comparison of tuples would not use the table's order.
  const ties = keys.reduceRight((rest, key, index) => {
    const value = valueLiteral(columnNamed(columns, key), after.keys[index] ?? '')
    const greater = `${quoteName(key)} > ${value}`
    return rest === '' ? greater : `(${greater} OR (${quoteName(key)} = ${value} AND ${rest}))`
  }, '')
  return ties === '' ? `${name} > ${mark}` : `${name} > ${mark} OR (${name} = ${mark} AND ${ties})`
}

function subtract(column: NativeColumn, mark: string, amount: number): string {
  if (amount === 0) return mark
  switch (logicalType(column.type).kind) {
    case 'timestamp':
      return `subtractMicroseconds(CAST(${mark} AS DateTime64(6, 'UTC')), ${Math.round(amount * 1e6)})`
    case 'date':
      return `subtractDays(${mark}, ${Math.floor(amount / 86_400)})`
    case 'integer':
      // An unsigned watermark near zero must not wrap.
      return `toInt128(${mark}) - ${Math.ceil(amount)}`
    case 'decimal':
    case 'float':
      return `${mark} - ${amount}`
    default:
      throw new ConfigError('LOOKBACK_WITHOUT_MEANING', {
        message: `A lookback goes back in time or in numbers, and the cursor "${column.name}" is ${column.type}. Leave --lookback out.`,
      })
  }
}

/** Canonical text back to a value of the column's type. */
function valueLiteral({ type }: NativeColumn, text: string): string {
  switch (logicalType(type).kind) {
    case 'timestamp':
      return `toDateTime64(${quoteText(text.replace(/\+00$/, ''))}, ${fractionDigits(type)}, 'UTC')`
    case 'date':
      return `toDate32(${quoteText(text)})`
    case 'boolean':
      return text === 't' ? 'true' : 'false'
    case 'binary':
      return `unhex(${quoteText(text.slice(2))})`
    case 'text':
    case 'enum':
    case 'json':
    case 'list':
      return quoteText(text)
    default:
      return `CAST(${quoteText(text)} AS ${withoutNull(type)})`
  }
}

function withoutNull(declaration: string): string {
  const { base, args } = parseClickhouseType(declaration)
  return args.length === 0 ? base : `${base}(${args.join(', ')})`
}
