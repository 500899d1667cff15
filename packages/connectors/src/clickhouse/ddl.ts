import type { Column } from '@millrace/formats'
import { parseClickhouseType } from '../kit/clickhouse-type.ts'
import { suggestColumn } from '../kit/suggest-column.ts'
import { quoteName } from './sql-text.ts'

export interface ColumnType {
  readonly name: string
  readonly type: string
}

/** Types that take the canonical text of their own values back without a loss. */
const ownTypes =
  /^(U?Int\d+|Float(32|64)|BFloat16|Decimal|Bool|String|Date|Date32|DateTime|DateTime64|UUID|IPv4|IPv6|Enum8|Enum16|JSON)$/

/** The types in which a new table keeps these columns. */
export function columnTypes(columns: readonly Column[], sourceDialect: string): ColumnType[] {
  return columns.map((column) => ({ name: column.name, type: columnType(column, sourceDialect) }))
}

function columnType(column: Column, sourceDialect: string): string {
  const { type, sourceType } = column
  // A column that was overridden to text is text, whatever the source declares.
  if (sourceDialect === 'clickhouse' && keepsType(column)) return sourceType
  if (type.kind !== 'list') return suggestColumn(column).chType.name
  // An element may always be NULL elsewhere.
  const element = suggestColumn({ ...column, type: type.element, nullable: true }).chType.name
  return `Array(${element})`
}

function keepsType({ type, sourceType }: Column): boolean {
  const stored = parseClickhouseType(sourceType)
  if (type.kind === 'text') return /^(String|IPv4|IPv6)$/.test(stored.base)
  if (stored.base !== 'Array') return ownTypes.test(stored.base)
  return type.kind === 'list' && ownTypes.test(parseClickhouseType(stored.args[0] ?? '').base)
}

/** Rows are ordered by the keys that identify them, where those cannot be NULL. */
export function createTableSql(address: string, columns: readonly ColumnType[], keys: readonly string[]): string {
  const lines = columns.map(({ name, type }) => `  ${quoteName(name)} ${type}`)
  const ordering = keys.every((key) => {
    const type = columns.find(({ name }) => name === key)?.type ?? 'Nullable(String)'
    return !parseClickhouseType(type).nullable && !type.startsWith('JSON')
  })
    ? keys
    : []
  return `CREATE TABLE ${address} (\n${lines.join(',\n')}\n)\nENGINE = MergeTree\nORDER BY (${ordering.map(quoteName).join(', ')})`
}
