import { ConfigError } from '@millrace/core'
import { parseClickhouseType } from '../kit/clickhouse-type.ts'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition, Scalar, SqlConnector } from '../kit/connector.ts'
import { createQuery } from '../kit/create-query.ts'
import { exportQuery } from '../kit/export-query.ts'
import { secretsOf } from '../kit/redact.ts'
import { suggestColumn } from '../kit/suggest-column.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { describe, listScope } from './catalog.ts'
import { labelOf } from './config.ts'
import { readTable } from './read-table.ts'
import { openSession, type Session } from './session.ts'
import { openClickhouseSink } from './sink.ts'
import { openClickhouseSource } from './source.ts'
import { splitStatements } from './split-statements.ts'

export function createClickhouseConnector(
  definition: ConnectorDefinition & { readonly kind: 'sql' },
  config: ConfigValues,
): SqlConnector {
  const label = labelOf(config)
  const own = String(config.database ?? 'default')
  const opened = new Set<AsyncDisposable>()
  let shared: Promise<Session> | null = null

  /** Look-ups share one session, which is no more than some connections and what is known of the server. */
  const session = (): Promise<Session> => {
    shared ??= openSession(config).catch((error: unknown) => {
      shared = null
      throw error
    })
    return shared
  }
  const track = <T extends AsyncDisposable>(resource: T): T => {
    opened.add(resource)
    return resource
  }

  return {
    definition,
    label,
    testConnection: (signal) =>
      tryConnection(
        async () => {
          const { http, version } = await openSession(config, signal)
          http.close()
          return { message: `Connected to ${label}, ClickHouse ${version}.`, serverVersion: version }
        },
        { secrets: secretsOf(definition.configSchema, config), label },
      ),
    openSource: async (options) => track(await openClickhouseSource(config, options)),
    openSink: async (options) => track(await openClickhouseSink(config, options)),
    query: createQuery(async (sql, signal) => {
      if (splitStatements(sql).length > 1) {
        throw new ConfigError('ONE_STATEMENT', {
          message: `${label}: a query is one statement that only reads. Give the statements one after the other.`,
        })
      }
      const { http, reading } = await session()
      const { names, types, rows } = await readTable(http, { sql, settings: reading, signal })
      return { names, rows: rows.map((row) => row.map((cell, index) => scalar(cell, types[index] ?? ''))) }
    }),
    async execute(sql, signal) {
      const { http } = await session()
      let changed = 0
      for (const statement of splitStatements(sql)) {
        changed = (await http.run({ sql: statement, ...(signal ? { signal } : {}) })).written
      }
      return changed
    },
    scopes: () => ['database', 'table'],
    listScope: async (parents) => await listScope(await session(), parents),
    async suggestSchema(scopes) {
      const table = { scope: scopes.slice(0, -1), name: scopes.at(-1) ?? '' }
      const { columns } = await describe(await session(), { kind: 'table', table }, own)
      return columns.map(suggestColumn)
    },
    export: (sql, options) => exportQuery(() => openClickhouseSource(config), sql, options),
    async [Symbol.asyncDispose]() {
      const resources = [...opened]
      opened.clear()
      await Promise.all(resources.map((resource) => resource[Symbol.asyncDispose]()))
      await shared?.then(({ http }) => http.close()).catch(() => {})
      shared = null
    },
  }
}

function scalar(cell: string | null, declaration: string): Scalar {
  if (cell === null) return null
  const { base } = parseClickhouseType(declaration)
  if (base === 'Bool') return cell === 'true'
  return /^U?Int(8|16|32)$/.test(base) ? Number(cell) : cell
}
