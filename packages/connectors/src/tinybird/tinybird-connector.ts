import { join } from 'node:path'
import { ConfigError, readPlatformSettings } from '@millrace/core'
import type { Column } from '@millrace/formats'
import { createTinybirdClient, type TinybirdClient } from '@millrace/tinybird'
import { clickhouseColumn } from '../kit/clickhouse-type.ts'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition, Scalar, SqlConnector } from '../kit/connector.ts'
import { createQuery } from '../kit/create-query.ts'
import { exportQuery } from '../kit/export-query.ts'
import { secretsOf } from '../kit/redact.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { columnsOf, findDataSource, storedColumns } from './columns.ts'
import { readCells } from './read-cells.ts'
import { openTinybirdSink } from './sink.ts'
import { describeStored, openTinybirdSource, sourceOf } from './source.ts'

export function createTinybirdConnector(
  definition: ConnectorDefinition & { readonly kind: 'sql' },
  config: ConfigValues,
): SqlConnector {
  const connection = {
    token: String(config.token),
    ...(config.endpoint === undefined ? {} : { endpoint: String(config.endpoint) }),
    ...(config.tag === undefined ? {} : { tag: String(config.tag) }),
  }
  const client: TinybirdClient = createTinybirdClient(connection)

  return {
    definition,
    label: `tinybird:${new URL(client.endpoint).host}`,
    testConnection: (signal) =>
      tryConnection(
        async () => {
          // Who tries a connection wants to know now.
          const once = createTinybirdClient({ ...connection, retries: 0, retryBudgetMs: 0 })
          const version = await once.query('SELECT version()', { scalar: true, ...(signal ? { signal } : {}) })
          return { message: `Connected to Tinybird at ${client.endpoint}.`, serverVersion: String(version) }
        },
        { secrets: secretsOf(definition.configSchema, config) },
      ),
    openSource: async (options) => openTinybirdSource(client, options?.signal),
    async openSink() {
      const folder = config.folder === undefined ? join(readPlatformSettings().home, 'tinybird') : String(config.folder)
      return openTinybirdSink({ client, folder, maxRejectedRows: Number(config.max_rejected_rows ?? 0) })
    },
    query: createQuery(async (sql, signal) => {
      const relation = { kind: 'query', sql } as const
      const stored = await describeStored(client, relation)
      const columns = stored.map(clickhouseColumn)
      const rows = await readCells(client, sourceOf(relation), columns, stored, signal)
      const scalars = rows.map((row) => row.map((text, index) => scalar(text, columns[index] as Column)))
      return { names: columns.map(({ name }) => name), rows: scalars }
    }),
    execute: async () => {
      throw new ConfigError('NOT_SUPPORTED', {
        message: 'The Query API of Tinybird only reads. Change data sources by loads, or in the Tinybird project.',
      })
    },
    scopes: () => ['table'],
    async listScope() {
      const found = await client.dataSources()
      const items = found.map(({ name, rows, bytes }) => ({
        name,
        value: name,
        ...(rows === null ? {} : { numRows: rows }),
        ...(bytes === null ? {} : { size: bytes }),
      }))
      return items.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    },
    async suggestSchema(scopes) {
      const found = await findDataSource(client, scopes.at(-1) ?? '')
      const columns = columnsOf(found)
      return storedColumns(found).map(({ name, type }, index) => {
        const nullable = columns[index]?.nullable ?? false
        const bare = type.replace(/^Nullable\((.*)\)$/, '$1')
        return {
          name,
          srcType: { name: type, null: nullable },
          chType: { name: type, baseName: bare.split('(')[0] ?? bare, null: nullable },
        }
      })
    },
    export: (sql, options) => exportQuery(async () => openTinybirdSource(client), sql, options),
    async [Symbol.asyncDispose]() {},
  }
}

/** Small integers and booleans as themselves, everything else as text. */
function scalar(text: string | null, { type }: Column): Scalar {
  if (text === null) return null
  if (type.kind === 'integer' && type.bits < 64) return Number(text)
  return type.kind === 'boolean' ? text === 't' : text
}
