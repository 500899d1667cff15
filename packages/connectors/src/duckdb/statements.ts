import type { Json } from '@duckdb/node-api'
import type { Scalar, SqlSession, StatementResult } from '../kit/connector.ts'
import type { Database } from './database.ts'
import { duckdbError } from './errors.ts'
import { queryRows } from './query.ts'
import { subquery } from './relation.ts'

/** As DuckDB numbers its statements; the driver is loaded later than this module. */
const select = 1

/** One connection for statements of a person; its disposal gives the database back. */
export async function openStatements(database: Database): Promise<SqlSession> {
  const connection = await database.connect()
  return {
    async run(sql, { rowLimit = 1000, signal } = {}) {
      signal?.throwIfAborted()
      const interrupt = () => connection.interrupt()
      signal?.addEventListener('abort', interrupt, { once: true })
      try {
        const statements = await connection.extractStatements(sql)
        const statement = await statements.prepare(0)
        if (statement.statementType === select) {
          const { names, rows } = await queryRows(connection, `select * from ${subquery(sql)} limit ${rowLimit + 1}`)
          return { changed: null, columns: names, rows: rows.slice(0, rowLimit), cut: rows.length > rowLimit }
        }
        const reader = await statement.runAndReadAll()
        return plainResult(reader.columnNames(), reader.getRowsJson(), reader.rowsChanged, rowLimit)
      } catch (error) {
        signal?.throwIfAborted()
        throw duckdbError(error, `"${database.path}"`)
      } finally {
        signal?.removeEventListener('abort', interrupt)
      }
    },
    async [Symbol.asyncDispose]() {
      connection.closeSync()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** Statements that change something answer with a column `Count` of their own, which is no result. */
function plainResult(
  names: readonly string[],
  rows: readonly Json[][],
  changed: number,
  rowLimit: number,
): StatementResult {
  const isCount = names.length === 1 && names[0] === 'Count'
  const columns = isCount || names.length === 0 ? null : names
  const cells = columns === null ? [] : rows.slice(0, rowLimit).map((row) => row.map(plain))
  return { changed: columns === null || isCount ? changed : null, columns, rows: cells, cut: rows.length > rowLimit }
}

function plain(value: Json): Scalar {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}
