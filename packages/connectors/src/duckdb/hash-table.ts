import type { DuckDBConnection } from '@duckdb/node-api'
import type { Column, ContentHash } from '@millrace/formats'
import { quoteName } from '../kit/sql-quote.ts'
import { nativeColumns } from './relation.ts'
import { storedText } from './stored-text.ts'
import { hashRows } from './text-rows.ts'

/** The hash of a table in the canonical text of the columns' logical types. */
export async function hashTable(
  connection: DuckDBConnection,
  address: string,
  columns: readonly Column[],
): Promise<ContentHash> {
  const natives = await nativeColumns(connection, address)
  const texts = columns.map(({ name, type }) => {
    const native = natives.find((column) => column.name.toLowerCase() === name.toLowerCase())
    return native ? storedText(type, native.type, quoteName(name)) : quoteName(name)
  })
  return await hashRows(connection, texts, address)
}
