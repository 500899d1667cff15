import { isMillraceError } from '@millrace/core'
import type { Column } from '@millrace/formats'
import type { TableConnector } from '../kit/connector.ts'
import type { Source, TableRef } from '../kit/source.ts'
import { formatTableName } from '../kit/table-name.ts'

/** What a table is at the moment, by the destination's own catalogue. */
export interface TableSchema {
  readonly exists: boolean
  readonly dialect: string
  /** The column that a key of a message means. */
  column(key: string): Column | undefined
  /** Equal for keys that mean the same column. */
  fold(key: string): string
}

export async function readTableSchema(
  connector: TableConnector,
  table: TableRef,
  signal: AbortSignal | undefined,
): Promise<TableSchema> {
  const { dialect, columns } = await readColumns(connector, table, signal)
  const fold = connector.definition.capabilities.foldsNames
    ? (name: string) => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    : (name: string) => name
  const byName = new Map((columns ?? []).map((column) => [fold(column.name), column]))
  return { exists: columns !== null, dialect, fold, column: (key) => byName.get(fold(key)) }
}

/** A database that is a file is made by the first write. */
async function readColumns(connector: TableConnector, table: TableRef, signal: AbortSignal | undefined) {
  let source: Source
  try {
    source = await connector.openSource(signal ? { signal } : {})
  } catch (error) {
    if (isMillraceError(error) && error.code === 'DATABASE_NOT_FOUND') return { dialect: '', columns: null }
    throw error
  }
  await using opened = source
  return { dialect: opened.dialect, columns: await columnsOf(opened, table) }
}

async function columnsOf(source: Source, table: TableRef): Promise<readonly Column[] | null> {
  try {
    const [found] = await source.listTables([formatTableName(table)])
    return found === undefined ? null : (await source.describe({ kind: 'table', table: found })).columns
  } catch (error) {
    if (isMillraceError(error) && error.code === 'TABLE_NOT_FOUND') return null
    throw error
  }
}
