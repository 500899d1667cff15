import type { DatabaseSync } from 'node:sqlite'
import { ConfigError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition, ScopeItem, SqlConnector } from '../kit/connector.ts'
import { createQuery, type ResultTable } from '../kit/create-query.ts'
import { exportQuery } from '../kit/export-query.ts'
import { suggestColumn } from '../kit/suggest-column.ts'
import { formatTableName } from '../kit/table-name.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { type DatabaseConfig, openDatabase, prepare, type SqliteValue, selectCount, selectRows } from './database.ts'
import { sqliteError } from './errors.ts'
import { scalarOf } from './scalar.ts'
import { openSqliteSink } from './sink.ts'
import { describeRelation, openSqliteSource } from './source.ts'
import { openStatements } from './statements.ts'

export function createSqliteConnector(
  definition: ConnectorDefinition & { readonly kind: 'sql' },
  values: ConfigValues,
): SqlConnector {
  const config: DatabaseConfig = {
    path: String(values.path),
    busyTimeoutMs: Number(values.busy_timeout ?? 30) * 1000,
  }

  const use = async <T>(access: 'read' | 'write', work: (database: DatabaseSync) => T): Promise<T> => {
    const database = await openDatabase(config, access)
    try {
      return work(database)
    } catch (error) {
      throw sqliteError(error, config.path)
    } finally {
      database.close()
    }
  }

  return {
    definition,
    label: `sqlite:${config.path}`,
    testConnection: () =>
      tryConnection(async () => {
        const version = await use('read', (database) => selectRows(database, 'SELECT sqlite_version()')[0]?.[0])
        return { message: `The SQLite database "${config.path}" can be read.`, serverVersion: String(version) }
      }),
    openSource: () => openSqliteSource(config),
    openSink: (options) => openSqliteSink(config, options),
    query: createQuery(async (sql, signal) => {
      signal?.throwIfAborted()
      return await use('read', (database) => queryRows(database, sql))
    }),
    execute: async (sql, signal) => {
      signal?.throwIfAborted()
      return await use('write', (database) => {
        const before = selectCount(database, 'SELECT total_changes()')
        database.exec(sql)
        return selectCount(database, 'SELECT total_changes()') - before
      })
    },
    openSession: () => openStatements(config),
    scopes: () => ['table'],
    listScope: () =>
      use('read', (database): ScopeItem[] =>
        selectRows(
          database,
          "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_millrace%' ESCAPE '\\' ORDER BY name",
        ).map(([name]) => ({ name: String(name), value: formatTableName({ scope: [], name: String(name) }) })),
      ),
    suggestSchema: (scopes) =>
      use('read', (database) => {
        const table = { scope: [], name: scopes.at(-1) ?? '' }
        return describeRelation(database, { kind: 'table', table }).columns.map(suggestColumn)
      }),
    export: (sql, options) => exportQuery(() => openSqliteSource(config), sql, options),
    async [Symbol.asyncDispose]() {},
  }
}

/** The file is open for reading only, and the wrapping takes one statement that returns rows. */
function queryRows(database: DatabaseSync, sql: string): ResultTable {
  let statement: ReturnType<typeof prepare>
  try {
    statement = prepare(database, `SELECT * FROM (${sql.replace(/[\s;]+$/, '')}\n)`)
  } catch (error) {
    throw new ConfigError('STATEMENT_FAILED', {
      message: `SQLite cannot run this as one query that only reads: ${error instanceof Error ? error.message : String(error)}.`,
      cause: error,
    })
  }
  const columns = statement.columns()
  const rows = (statement.all() as unknown as SqliteValue[][]).map((row) =>
    columns.map(({ type }, index) => scalarOf(type ?? '', row[index] as SqliteValue)),
  )
  return { names: columns.map(({ name }) => name), rows }
}
