import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import { ConfigError } from '@millrace/core'
import type { Row, Scalar } from '../kit/connector.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { canonicalText } from './canonical-text.ts'
import { nativeColumns, subquery } from './relation.ts'
import { logicalType } from './types.ts'

/** Rows of a query that only reads, as objects: small integers and booleans as they are, everything else as canonical text. */
export async function queryRows(connection: DuckDBConnection, sql: string): Promise<Row[]> {
  const statements = await connection.extractStatements(sql)
  if (statements.count !== 1) {
    throw new ConfigError('ONE_STATEMENT', {
      message: `A query is one statement, and this text holds ${statements.count}. Send them one by one, or use execute.`,
    })
  }
  // As a subquery nothing but a reading statement is taken.
  const from = subquery(sql)
  const columns = await nativeColumns(connection, from)
  const values = columns.map(({ name, type }) => {
    const logical = logicalType(type)
    const asIs = logical.kind === 'boolean' || (logical.kind === 'integer' && logical.bits < 64)
    return asIs ? quoteName(name) : canonicalText(type, quoteName(name))
  })
  const reader = await connection.runAndReadAll(`SELECT ${values.join(', ')} FROM ${from}`)
  return reader.getRows().map((row: DuckDBValue[]) => {
    return Object.fromEntries(columns.map(({ name }, index) => [name, row[index] as Scalar]))
  })
}
