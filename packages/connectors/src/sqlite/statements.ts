import type { Scalar, SqlSession } from '../kit/connector.ts'
import { type DatabaseConfig, openDatabase, prepare, type SqliteValue, selectCount } from './database.ts'
import { sqliteError } from './errors.ts'
import { scalarOf } from './scalar.ts'

/** One connection for statements of a person. SQLite answers within the call, so a signal is heard between statements. */
export async function openStatements(config: DatabaseConfig): Promise<SqlSession> {
  const database = await openDatabase(config, 'write')
  return {
    async run(sql, { rowLimit = 1000, signal } = {}) {
      signal?.throwIfAborted()
      try {
        const statement = prepare(database, sql)
        const columns = statement.columns()
        if (columns.length === 0) {
          // The count of a statement alone stays that of the one before when it changes no rows itself.
          const before = selectCount(database, 'SELECT total_changes()')
          statement.run()
          const changed = selectCount(database, 'SELECT total_changes()') - before
          return { changed, columns: null, rows: [], cut: false }
        }
        const rows: Scalar[][] = []
        let count = 0
        // To the end, since a statement that returns what it changes changes it row by row.
        for (const row of statement.iterate() as unknown as Iterable<SqliteValue[]>) {
          if (++count > rowLimit) continue
          rows.push(columns.map(({ type }, index) => scalarOf(type ?? '', row[index] as SqliteValue)))
        }
        return { changed: null, columns: columns.map(({ name }) => name), rows, cut: count > rowLimit }
      } catch (error) {
        throw sqliteError(error, config.path)
      }
    },
    async [Symbol.asyncDispose]() {
      database.close()
    },
  }
}
