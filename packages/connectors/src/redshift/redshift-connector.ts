import { ConfigError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition, Scalar, SqlConnector } from '../kit/connector.ts'
import { createQuery } from '../kit/create-query.ts'
import { exportQuery } from '../kit/export-query.ts'
import { openStore } from '../kit/open-store.ts'
import { secretsOf } from '../kit/redact.ts'
import { createServerConnections } from '../kit/server-connections.ts'
import { suggestColumn } from '../kit/suggest-column.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { describeRelation, listScope } from './catalog.ts'
import { labelOf } from './config.ts'
import { fetchAll } from './read-cursor.ts'
import { openSession } from './session.ts'
import { openRedshiftSource } from './source.ts'
import type { RawColumn } from './types.ts'
import { unload } from './unload.ts'

/** Types whose values are plain in an object: small integers and booleans. */
const smallIntegers = new Set([21, 23])
const boolean = 16

export function createRedshiftConnector(
  definition: ConnectorDefinition & { readonly kind: 'sql' },
  config: ConfigValues,
): SqlConnector {
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
          await session.close()
          const serverVersion = /Redshift ([\d.]+)/.exec(session.version)?.[1] ?? session.version
          return { message: `Connected to ${label}, ${serverVersion}.`, serverVersion }
        },
        { secrets: secretsOf(definition.configSchema, config) },
      ),
    openSource: async (options) => track(await openRedshiftSource(config, options)),
    openSink: async () => {
      throw new ConfigError('NOT_SUPPORTED', {
        message: 'Redshift cannot be copied to. Copy to S3 and load it from there with COPY.',
      })
    },
    query: createQuery(async (sql, signal) =>
      lookUp(async (session) => {
        await session.run('begin read only')
        let names: string[] = []
        const values: Scalar[][] = []
        for await (const { fields, rows } of fetchAll(session, sql.replace(/[\s;]+$/, ''), signal)) {
          names = fields.map((field) => field.name)
          for (const row of rows) values.push(fields.map((field, index) => scalarOf(row[index] ?? null, field)))
        }
        await session.run('rollback')
        return { names, rows: values }
      }),
    ),
    execute: (sql, signal) => lookUp(async (session) => (await session.run(sql, signal)).rowCount ?? 0),
    scopes: () => ['schema', 'table'],
    listScope: (parents) => lookUp((session) => listScope(session, parents)),
    suggestSchema: (scopes) =>
      lookUp(async (session) => {
        const table = { scope: scopes.slice(0, -1), name: scopes.at(-1) ?? '' }
        return (await describeRelation(session, { kind: 'table', table })).columns.map(suggestColumn)
      }),
    async export(sql, options) {
      const { format, signal } = options
      // Files of another format than CSV cannot be joined into the one that an import takes.
      if (!config.bucket || format !== 'csv') {
        return await exportQuery(() => openRedshiftSource(config, signal ? { signal } : {}), sql, options)
      }
      const opened = await openStore('s3', String(config.bucket), {
        region: config.region,
        endpoint: config.s3_endpoint,
        access_key_id: config.access_key_id,
        secret_access_key: config.secret_access_key,
        session_token: config.session_token,
      })
      try {
        const session = await openSession(config, signal)
        try {
          const made = await unload(session, opened.store, config, sql, options)
          return opened.with(made)
        } finally {
          await session.close()
        }
      } catch (error) {
        await opened[Symbol.asyncDispose]()
        throw error
      }
    },
    [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose](),
  }
}

function scalarOf(text: string | null, { dataTypeID }: RawColumn): Scalar {
  if (text === null) return null
  if (smallIntegers.has(dataTypeID)) return Number(text)
  return dataTypeID === boolean ? text === 't' : text
}
