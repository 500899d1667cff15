import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition, OpenOptions, ScopeItem, SqlConnector } from '../kit/connector.ts'
import { createQuery } from '../kit/create-query.ts'
import { exportQuery } from '../kit/export-query.ts'
import { quoteText } from '../kit/sql-quote.ts'
import { suggestColumn } from '../kit/suggest-column.ts'
import { formatTableName } from '../kit/table-name.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { currentCatalog, databaseCatalog } from './catalog.ts'
import { type Database, type DatabaseConfig, nameDatabase, openDatabase } from './database.ts'
import { duckdbError } from './errors.ts'
import { queryRows } from './query.ts'
import { openDuckdbSink } from './sink.ts'
import { openDuckdbSource } from './source.ts'
import { openStatements } from './statements.ts'
import { textRows } from './text-rows.ts'

export function createDuckdbConnector(
  definition: ConnectorDefinition & { readonly kind: 'sql' },
  values: ConfigValues,
): SqlConnector {
  const config: DatabaseConfig = {
    path: String(values.path),
    ...(values.memory_limit === undefined ? {} : { memoryLimit: String(values.memory_limit) }),
    ...(values.threads === undefined ? {} : { threads: Number(values.threads) }),
  }
  const inMemory = config.path === ':memory:'
  const unname = inMemory ? () => {} : nameDatabase(config.path)
  // A database in memory is one for the connector's whole life; a file is held only while it is used.
  let memory: Promise<Database> | null = null

  const open = async (access: 'read' | 'write'): Promise<Database> => {
    if (!inMemory) return await openDatabase(config, access)
    memory ??= openDatabase(config, 'write')
    return { ...(await memory), [Symbol.asyncDispose]: async () => {} }
  }

  /** A file that is not there yet is planned as an empty database. */
  const openForPlans = async (): Promise<Database> =>
    inMemory || existsSync(config.path)
      ? await open('read')
      : await openDatabase({ ...config, path: ':memory:' }, 'write')

  /** One short-lived connection; the signal interrupts its statement. */
  const use = async <T>(
    access: 'read' | 'write',
    signal: AbortSignal | undefined,
    work: (connection: DuckDBConnection) => Promise<T>,
  ): Promise<T> => {
    await using database = await open(access)
    const connection = await database.connect()
    const interrupt = () => connection.interrupt()
    signal?.addEventListener('abort', interrupt, { once: true })
    try {
      signal?.throwIfAborted()
      return await work(connection)
    } catch (error) {
      signal?.throwIfAborted()
      throw duckdbError(error, `"${config.path}"`)
    } finally {
      signal?.removeEventListener('abort', interrupt)
      connection.closeSync()
    }
  }

  const openSource = async ({ parallel = 1 }: OpenOptions = {}) => {
    const database = await open('read')
    try {
      const connection = await database.connect()
      const catalog = await currentCatalog(connection)
      connection.closeSync()
      return await openDuckdbSource({
        database,
        catalog: databaseCatalog(catalog),
        dialect: 'duckdb',
        parallel,
        position: { database: inMemory ? ':memory:' : basename(config.path) },
        onDispose: async () => await database[Symbol.asyncDispose](),
      })
    } catch (error) {
      await database[Symbol.asyncDispose]()
      throw duckdbError(error, `"${config.path}"`)
    }
  }

  return {
    definition,
    label: `duckdb:${config.path}`,

    testConnection: (signal) =>
      tryConnection(async () => {
        const version = await use('read', signal, (connection) => textRows(connection, 'SELECT version()'))
        return { message: `The DuckDB database "${config.path}" can be read.`, serverVersion: version[0]?.[0] ?? '' }
      }),

    openSource,

    async openSink({ planOnly = false } = {}) {
      const database = await (planOnly ? openForPlans() : open('write'))
      try {
        return await openDuckdbSink(database)
      } catch (error) {
        await database[Symbol.asyncDispose]()
        throw duckdbError(error, `"${config.path}"`)
      }
    },

    query: createQuery((sql, signal) => use('read', signal, (connection) => queryRows(connection, sql))),

    execute: (sql, signal) =>
      use('write', signal, async (connection) => {
        const statements = await connection.extractStatements(sql)
        let changed = 0
        for (let index = 0; index < statements.count; index++) {
          const statement = await statements.prepare(index)
          const result = await statement.run()
          changed = result.rowsChanged
        }
        return changed
      }),

    openSession: async () => await openStatements(await open('write')),

    scopes: () => ['schema', 'table'],

    listScope: (parents) =>
      use('read', undefined, async (connection): Promise<ScopeItem[]> => {
        const [schema] = parents
        if (schema === undefined) {
          const rows = await textRows(
            connection,
            "SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database() AND NOT internal AND NOT starts_with(schema_name, '_millrace') UNION SELECT 'main' ORDER BY ALL",
          )
          return rows.map(([name]) => ({ name: name ?? '', value: formatTableName({ scope: [], name: name ?? '' }) }))
        }
        const tables = await textRows(
          connection,
          `SELECT table_name, estimated_size::VARCHAR FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = ${quoteText(schema)} AND NOT starts_with(table_name, '_millrace')
           UNION ALL SELECT view_name, NULL FROM duckdb_views() WHERE database_name = current_database() AND schema_name = ${quoteText(schema)} AND NOT internal
           ORDER BY ALL`,
        )
        return tables.map(([name, rows]) => ({
          name: name ?? '',
          value: formatTableName({ scope: [schema], name: name ?? '' }),
          ...(rows == null ? {} : { numRows: Number(rows) }),
        }))
      }),

    async suggestSchema(scopes) {
      await using source = await openSource()
      const table = { scope: scopes.slice(0, -1), name: scopes.at(-1) ?? '' }
      const { columns } = await source.describe({ kind: 'table', table })
      return columns.map(suggestColumn)
    },

    export: (sql, options) => exportQuery(openSource, sql, options),

    async [Symbol.asyncDispose]() {
      unname()
      const database = await memory?.catch(() => null)
      await database?.[Symbol.asyncDispose]()
    },
  }
}
