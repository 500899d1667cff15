import type { DuckDBConnection } from '@duckdb/node-api'
import { type ContentHash, contentHash } from '@millrace/formats'
import { contentHashQuery } from './canonical-text.ts'

/** Rows of a query whose columns are all text. */
export async function textRows(connection: DuckDBConnection, sql: string): Promise<(string | null)[][]> {
  const reader = await connection.runAndReadAll(sql)
  return reader.getRows() as (string | null)[][]
}

/** The content hash of rows given as canonical texts. */
export async function hashRows(
  connection: DuckDBConnection,
  texts: readonly string[],
  from: string,
): Promise<ContentHash> {
  const [row] = await textRows(connection, contentHashQuery(texts, from))
  return contentHash(Number(row?.[0] ?? 0), BigInt(row?.[1] ?? 0), BigInt(row?.[2] ?? 0))
}

export async function scalarCount(connection: DuckDBConnection, sql: string): Promise<number> {
  return Number((await textRows(connection, sql))[0]?.[0] ?? 0)
}
