import type { Column } from '@millrace/formats'
import { quoteName, quoteText } from '../kit/sql-quote.ts'
import { duckdbType } from './types.ts'

export interface ColumnType {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
}

// Types that only DuckDB has and that take their own text back without a loss.
const ownTypes = /^(U?HUGEINT|BIGNUM|BIT|TIMESTAMP_S|TIMESTAMP_MS|TIME WITH TIME ZONE)$/

/** The types in which a new table keeps these columns. */
export function columnTypes(columns: readonly Column[], sourceDialect: string): ColumnType[] {
  return columns.map((column) => ({
    name: column.name,
    type: columnType(column, sourceDialect),
    nullable: column.nullable,
  }))
}

function columnType(column: Column, sourceDialect: string): string {
  const { type, sourceType } = column
  if (sourceDialect === 'duckdb' && ownTypes.test(sourceType)) return sourceType
  // MySQL's enums also hold '', which is not among their labels.
  if (type.kind === 'enum' && sourceDialect !== 'mysql' && type.labels.length > 0) {
    return `ENUM(${type.labels.map(quoteText).join(', ')})`
  }
  return duckdbType(type)
}

export function createTableSql(address: string, columns: readonly ColumnType[]): string {
  const lines = columns.map(({ name, type, nullable }) => `  ${quoteName(name)} ${type}${nullable ? '' : ' NOT NULL'}`)
  return `CREATE TABLE ${address} (\n${lines.join(',\n')}\n)`
}
