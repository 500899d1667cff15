import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition, SqlConnector } from '../kit/connector.ts'
import { createQuery } from '../kit/create-query.ts'
import { exportQuery } from '../kit/export-query.ts'
import { secretsOf } from '../kit/redact.ts'
import { createServerConnections } from '../kit/server-connections.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { cancelRequest } from './cancel.ts'
import { labelOf } from './config.ts'
import { connectClient, type PgClient } from './connect.ts'
import { scalarOf } from './scalar.ts'
import { listScope, suggestSchema } from './scopes.ts'
import { openSession } from './session.ts'
import { openPostgresSource } from './source.ts'
import { openStatements } from './statements.ts'

type SqlDefinition = ConnectorDefinition & { readonly kind: 'sql' }

export function createPostgresConnector(definition: SqlDefinition, config: ConfigValues): SqlConnector {
  const label = labelOf(config)
  const connections = createServerConnections(() => openSession(config))
  const { lookUp, track } = connections

  return {
    definition,
    label,
    testConnection: (signal) =>
      tryConnection(
        async () => {
          const session = await openSession(config, signal)
          const version = (await session.query('show server_version', [], signal)).rows[0]?.[0] ?? ''
          await session.close()
          return { message: `Connected to ${label}, PostgreSQL ${version}.`, serverVersion: version }
        },
        { secrets: secretsOf(definition.configSchema, config) },
      ),
    openSource: async (options) => track(await openPostgresSource(config, options)),
    async openSink({ parallel = 1, signal } = {}) {
      const { openPostgresSink } = await import('./sink.ts')
      return track(
        openPostgresSink({
          connect: () => connectClient(config, label, signal),
          cancel: (client) => cancelRequest(client as PgClient, config),
          parallel,
          label,
          ...(signal ? { signal } : {}),
        }),
      )
    },
    query: createQuery(async (sql, signal) => {
      const { fields, rows } = await lookUp(async (session) => {
        await session.query('begin read only')
        const found = await session.query(sql, [], signal)
        await session.query('rollback')
        return found
      })
      return {
        names: fields.map((field) => field.name),
        rows: rows.map((row) => fields.map((field, index) => scalarOf(row[index] ?? null, field.dataTypeID))),
      }
    }),
    execute: (sql, signal) => lookUp(async (session) => (await session.query(sql, undefined, signal)).rowCount ?? 0),
    openSession: async (signal) => track(await openStatements(config, signal)),
    scopes: () => ['schema', 'table'],
    listScope: (parents) => lookUp((session) => listScope(session, parents)),
    suggestSchema: (scopes) => lookUp((session) => suggestSchema(session, scopes)),
    export: (sql, options) =>
      exportQuery(() => openPostgresSource(config, options.signal ? { signal: options.signal } : {}), sql, options),
    [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose](),
  }
}
