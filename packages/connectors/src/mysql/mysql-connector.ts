import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition, SqlConnector } from '../kit/connector.ts'
import { createQuery } from '../kit/create-query.ts'
import { exportQuery } from '../kit/export-query.ts'
import { secretsOf } from '../kit/redact.ts'
import { createServerConnections } from '../kit/server-connections.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { labelOf } from './config.ts'
import { connect, killQuery } from './connect.ts'
import { scalarOf } from './scalar.ts'
import { listScope, suggestSchema } from './scopes.ts'
import { readingMode, type Session } from './session.ts'
import { openMysqlSink } from './sink.ts'
import { openMysqlSource } from './source.ts'
import { guarded } from './statement.ts'
import { openStatements } from './statements.ts'

type SqlDefinition = ConnectorDefinition & { readonly kind: 'sql' }

export function createMysqlConnector(definition: SqlDefinition, config: ConfigValues): SqlConnector {
  const label = labelOf(config)
  const own = config.database ? String(config.database) : undefined
  const kill = (session: Session) => killQuery(config, session)
  const connections = createServerConnections(() => connect(config, readingMode))
  const { lookUp, track } = connections

  return {
    definition,
    label,
    testConnection: (signal) =>
      tryConnection(
        async () => {
          signal?.throwIfAborted()
          const session = await connect(config, readingMode)
          const { version, mariadb } = session.server
          await session.close()
          return {
            message: `Connected to ${label}, ${mariadb ? 'MariaDB' : 'MySQL'} ${version}.`,
            serverVersion: version,
          }
        },
        { secrets: secretsOf(definition.configSchema, config), label },
      ),
    openSource: async (options) => track(await openMysqlSource(config, options)),
    openSink: async (options) => track(await openMysqlSink(config, options)),
    query: createQuery(async (sql, signal) => {
      const { fields, rows } = await lookUp(
        (session) =>
          guarded(session, kill, signal, async () => {
            // A statement that commits by itself, such as TRUNCATE, ends the transaction before it is checked: the session refuses it.
            await session.execute('SET SESSION TRANSACTION READ ONLY')
            await session.execute('START TRANSACTION READ ONLY')
            const found = await session.table(sql)
            await session.execute('ROLLBACK')
            return found
          }),
        signal,
      )
      return {
        names: fields.map((field) => field.name),
        rows: rows.map((row) => fields.map((field, index) => scalarOf(row[index] ?? null, field))),
      }
    }),
    async execute(sql, signal) {
      signal?.throwIfAborted()
      // The server's own SQL mode: what a person writes means what it means elsewhere.
      const session = await connect(config, null, { multipleStatements: true })
      try {
        return await guarded(session, kill, signal, async () => (await session.execute(sql)).affectedRows)
      } finally {
        await session.close()
      }
    },
    openSession: async (signal) => track(await openStatements(config, signal)),
    scopes: () => ['database', 'table'],
    listScope: (parents) => lookUp((session) => listScope(session, parents)),
    suggestSchema: (scopes) => lookUp((session) => suggestSchema(session, scopes, own)),
    export: (sql, options) => exportQuery(() => openMysqlSource(config), sql, options),
    [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose](),
  }
}
