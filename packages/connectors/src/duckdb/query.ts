import type { DuckDBConnection } from '@duckdb/node-api'
import { ConfigError } from '@millrace/core'
import type { Scalar } from '../kit/connector.ts'
import type { ResultTable } from '../kit/create-query.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { canonicalText } from './canonical-text.ts'
import { nativeColumns, subquery } from './relation.ts'
import { logicalType } from './types.ts'

/** The result of a query that only reads: small integers and booleans as they are, everything else as canonical text. */
export async function queryRows(connection: DuckDBConnection, sql: string): Promise<ResultTable> {
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
  return { names: columns.map(({ name }) => name), rows: reader.getRows() as Scalar[][] }
}
