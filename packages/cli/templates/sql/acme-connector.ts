import {
  type ConfigValues,
  type ConnectorDefinition,
  createQuery,
  createRowSource,
  exportQuery,
  type Scalar,
  type SqlConnector,
  suggestColumn,
  tryConnection,
} from '@millrace/connectors/kit'
import { ConfigError } from '@millrace/core'
import { describeRelation, listTables } from './catalog.ts'
import { openDatabase, readRows } from './database.ts'

/** Everything that a system with SELECT statements needs to be copied from, queried and looked into. */
export function createAcmeConnector(
  definition: ConnectorDefinition & { readonly kind: 'sql' },
  config: ConfigValues,
): SqlConnector {
  const path = String(config.path)

  const openSource = async () => {
    const database = openDatabase(path)
    // All tables are read as they were at one point in time: a transaction that begins with a read.
    database.exec('BEGIN; SELECT count(*) FROM sqlite_schema')
    return createRowSource({
      dialect: 'acme',
      // Where the snapshot stands, for the manifest: a log position, a time.
      position: { openedAt: new Date().toISOString() },
      sql: {
        quote: (name) => `"${name.replaceAll('"', '""')}"`,
        literal: ({ type }, text) =>
          type.kind === 'integer' || type.kind === 'float' ? text : `'${text.replaceAll("'", "''")}'`,
        earlier: ({ type }, literal, amount) =>
          type.kind === 'integer' || type.kind === 'float' ? `${literal} - ${amount}` : null,
      },
      listTables: async (patterns) => listTables(database, patterns),
      describe: async (relation) => describeRelation(database, relation),
      rows: (sql, columns, signal) => readRows(database, sql, columns, signal),
      close: async () => database.close(),
    })
  }

  return {
    definition,
    label: `acme:${path}`,
    testConnection: () =>
      tryConnection(async () => {
        using database = openDatabase(path)
        const [row] = database.prepare('SELECT sqlite_version() AS version').all()
        return { message: `"${path}" can be read.`, serverVersion: String(row?.version) }
      }),
    openSource,
    openSink: async () => {
      throw new ConfigError('NOT_SUPPORTED', { message: 'Acme cannot be copied to.' })
    },
    query: createQuery(async (sql) => {
      using database = openDatabase(path)
      try {
        const statement = database.prepare(`SELECT * FROM (${sql}\n)`)
        const rows = statement.all() as Record<string, Scalar>[]
        return { names: statement.columns().map(({ name }) => name), rows: rows.map((row) => Object.values(row)) }
      } catch (cause) {
        throw new ConfigError('STATEMENT_FAILED', { message: `Acme cannot run this query: ${String(cause)}.`, cause })
      }
    }),
    execute: async (sql) => {
      using database = openDatabase(path, 'write')
      database.exec(sql)
      return Number(database.prepare('SELECT changes() AS n').all()[0]?.n)
    },
    scopes: () => ['table'],
    listScope: async () => {
      using database = openDatabase(path)
      return listTables(database, ['*']).map(({ name }) => ({ name, value: name }))
    },
    suggestSchema: async (scopes) => {
      using database = openDatabase(path)
      const table = { scope: [], name: scopes.at(-1) ?? '' }
      return describeRelation(database, { kind: 'table', table }).columns.map(suggestColumn)
    },
    export: (sql, options) => exportQuery(openSource, sql, options),
    async [Symbol.asyncDispose]() {},
  }
}
