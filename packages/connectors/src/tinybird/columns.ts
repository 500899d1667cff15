import { ConfigError } from '@millrace/core'
import type { Column, LogicalType } from '@millrace/formats'
import type { DataSource, TinybirdClient } from '@millrace/tinybird'
import { clickhouseText, type HashedText } from '../kit/clickhouse-text.ts'
import { clickhouseColumn, parseClickhouseType, quoteClickhouseName } from '../kit/clickhouse-type.ts'
import { suggestColumn } from '../kit/suggest-column.ts'

/** A column of a data source. */
export interface StoredColumn {
  readonly name: string
  /** With `Nullable`. */
  readonly type: string
}

/** The API may tell of `Nullable` in the type or beside it. */
export function storedColumns({ columns }: Pick<DataSource, 'columns'>): StoredColumn[] {
  return columns.map(({ name, type, nullable }) => ({
    name,
    type: nullable && !/^(Nullable|LowCardinality|Array)\(/.test(type) ? `Nullable(${type})` : type,
  }))
}

/** The column that Millrace makes for the values of a source. An array may hold NULL, but is never NULL itself. */
export function wantedColumn(column: Column): StoredColumn {
  const { type } = column
  if (type.kind === 'list') {
    if (type.element.kind === 'list')
      return { name: column.name, type: column.nullable ? 'Nullable(String)' : 'String' }
    const element = suggestColumn({ ...column, type: type.element, nullable: true })
    return { name: column.name, type: `Array(${element.chType.name})` }
  }
  return { name: column.name, type: suggestColumn(column).chType.name }
}

/** SQL of the canonical text of a column as `type`, and of its NULL. */
export function hashedText({ name, type }: { name: string; type: LogicalType }, stored: StoredColumn): HashedText {
  const parsed = parseClickhouseType(stored.type)
  const quoted = quoteClickhouseName(name)
  return {
    text: clickhouseText(type, parsed, parsed.nullable ? `assumeNotNull(${quoted})` : quoted),
    nullable: parsed.nullable ? quoted : null,
  }
}

/** @throws ConfigError `TABLE_NOT_FOUND` */
export async function findDataSource(client: TinybirdClient, name: string, signal?: AbortSignal): Promise<DataSource> {
  const found = await client.dataSource(name, signal)
  if (found) return found
  throw new ConfigError('TABLE_NOT_FOUND', {
    message: `There is no data source "${name}" at ${client.endpoint}. Check the name, or create it first.`,
    details: { dataSource: name },
  })
}

export function columnsOf(found: DataSource): Column[] {
  return storedColumns(found).map(clickhouseColumn)
}

/** @throws ConfigError `COLUMN_NOT_FOUND` */
export function columnNamed(columns: readonly StoredColumn[], name: string): StoredColumn {
  const column = columns.find((candidate) => candidate.name === name)
  if (column) return column
  throw new ConfigError('COLUMN_NOT_FOUND', {
    message: `There is no column "${name}". The columns are ${columns.map((candidate) => candidate.name).join(', ')}.`,
  })
}
