import { ConfigError } from '@millrace/core'
import type { Column } from '@millrace/formats'
import type { CursorRange, Relation } from '../kit/source.ts'
import { type MysqlSchema, trimQuery } from './catalog.ts'
import { literal, quoteName } from './sql-text.ts'
import { parseDeclaration } from './types.ts'

export function columnNamed(columns: readonly Column[], name: string): Column {
  const column = columns.find((candidate) => candidate.name === name)
  if (column) return column
  throw new ConfigError('COLUMN_NOT_FOUND', {
    message: `There is no column "${name}". The columns are ${columns.map((each) => each.name).join(', ')}.`,
  })
}

/** How a column is read: a single-precision float in the protocol's text has six digits, as a double it has all. */
export function readExpression(column: Column): string {
  const name = quoteName(column.name)
  return needsExpression(column) ? `CAST(${name} AS DOUBLE)` : name
}

function needsExpression(column: Column): boolean {
  const { name, numbers } = parseDeclaration(column.sourceType)
  return name === 'float' && !((numbers[0] ?? 0) > 24 && numbers.length === 1)
}

/** The statement that reads columns of a relation; a query that needs no change runs as it was written. */
export function selectSql(
  schema: MysqlSchema,
  relation: Relation,
  columns: readonly Column[],
  conditions: readonly string[],
): string {
  const asWritten =
    relation.kind === 'query' &&
    conditions.length === 0 &&
    columns.length === schema.columns.length &&
    columns.every((column, index) => column.name === schema.columns[index]?.name && !needsExpression(column))
  if (asWritten) return trimQuery(relation.sql)
  return `SELECT ${columns.map(readExpression).join(', ') || '1'} FROM ${schema.from}${whereOf(conditions)}`
}

export function whereOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` WHERE ${conditions.map((condition) => `(${condition})`).join(' AND ')}`
}

/** The rows after a watermark. Row comparison is written out, since the server finds no index for the short form. */
export function rangeCondition(columns: readonly Column[], range: CursorRange | undefined): string | null {
  if (!range) return null
  const cursor = columnNamed(columns, range.cursor)
  const name = quoteName(cursor.name)
  const mark = valueLiteral(cursor, range.after.cursor)
  if (range.lookback !== undefined) return `${name} >= ${subtract(cursor, mark, range.lookback)}`
  if (range.keys.length === 0) return `${name} > ${mark}`
  let greater = ''
  for (let index = range.keys.length - 1; index >= 0; index--) {
    const key = columnNamed(columns, range.keys[index] as string)
    const value = valueLiteral(key, range.after.keys[index] ?? '')
    const own = quoteName(key.name)
    greater = greater === '' ? `${own} > ${value}` : `${own} > ${value} OR (${own} = ${value} AND (${greater}))`
  }
  return `${name} >= ${mark} AND (${name} > ${mark} OR (${greater}))`
}

function subtract(column: Column, mark: string, lookback: number): string {
  if (lookback === 0) return mark
  switch (column.type.kind) {
    case 'timestamp':
    case 'date':
      return `DATE_SUB(${mark}, INTERVAL ${lookback} SECOND)`
    case 'integer':
    case 'decimal':
    case 'float':
      return `(CAST(${mark} AS DECIMAL(65,${column.type.kind === 'decimal' ? (column.type.scale ?? 0) : 0})) - ${lookback})`
    default:
      throw new ConfigError('LOOKBACK_WITHOUT_MEANING', {
        message: `A lookback goes back in time or in numbers, and the cursor "${column.name}" is ${column.sourceType}. Leave --lookback out.`,
      })
  }
}

/** A literal that compares with the column as its own values do. The text is canonical and comes from outside. */
export function valueLiteral(column: Column, text: string): string {
  switch (column.type.kind) {
    case 'integer':
    case 'decimal':
    case 'float':
      if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text)) return text
      throw badValue(column, text)
    case 'binary':
      if (/^\\x([0-9a-f]{2})*$/.test(text)) return `x'${text.slice(2)}'`
      throw badValue(column, text)
    case 'timestamp':
      return literal(text.replace(/\+00$/, ''))
    default:
      return literal(text)
  }
}

function badValue(column: Column, text: string): ConfigError {
  return new ConfigError('CURSOR_VALUE_INVALID', {
    message: `"${text}" is no value of the column "${column.name}", which is ${column.sourceType}. The saved state does not belong to this column; start again with another cursor or a full copy.`,
  })
}
