import { ConfigError } from '@millrace/core'
import type { Column } from '@millrace/formats'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition, Scalar, SqlConnector } from '../kit/connector.ts'
import { createQuery } from '../kit/create-query.ts'
import { exportQuery } from '../kit/export-query.ts'
import { secretsOf } from '../kit/redact.ts'
import { trimQuery } from '../kit/row-source.ts'
import { createServerConnections } from '../kit/server-connections.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { listScope, tableColumns } from './catalog.ts'
import { labelOf } from './config.ts'
import { openSession } from './session.ts'
import { openSnowflakeSource } from './source.ts'
import { canonicalCell, ingestQuery, readExpression, suggestRaw, toColumn } from './types.ts'
import { unload } from './unload.ts'

export function createSnowflakeConnector(
  definition: ConnectorDefinition & { readonly kind: 'sql' },
  config: ConfigValues,
): SqlConnector {
  const label = labelOf(config)
  const { lookUp, track, ...connections } = createServerConnections(() => openSession(config, 'tinybird_query'))

  return {
    definition,
    label,
    testConnection: (signal) =>
      tryConnection(
        async () => {
          const session = await openSession(config, 'tinybird_query', signal)
          try {
            const serverVersion = (await session.all('SELECT CURRENT_VERSION()', signal))[0]?.[0] ?? ''
            return { message: `Connected to ${label}, Snowflake ${serverVersion}.`, serverVersion }
          } finally {
            await session.close()
          }
        },
        { secrets: secretsOf(definition.configSchema, config), label },
      ),
    openSource: async (options) => track(await openSnowflakeSource(config, options)),
    openSink: async () => {
      throw new ConfigError('NOT_SUPPORTED', {
        message: 'Snowflake cannot be copied to. Copy to a bucket and load it from there with COPY INTO.',
      })
    },
    query: createQuery((sql, signal) =>
      lookUp(async (session) => {
        // What stands in parentheses can only be a query.
        const from = `(\n${trimQuery(sql)}) AS q`
        const columns = (await session.describe(`SELECT * FROM ${from}`, signal)).columns.map(toColumn)
        const names = columns.map(({ name }) => name)
        const list = columns.map((column) => readExpression(column))
        const asWritten = new Set(names).size < names.length
        const result = await session.run(`SELECT ${asWritten ? '*' : list.join(', ')} FROM ${from}`, signal)
        const write = columns.map(scalarOf)
        const rows: Scalar[][] = []
        for await (const row of result.rows(signal)) rows.push(row.map((cell, index) => write[index]?.(cell) ?? null))
        return { names, rows }
      }),
    ),
    execute: (sql, signal) => lookUp(async (session) => (await session.run(sql, signal)).changed),
    scopes: () => ['database', 'schema', 'table'],
    listScope: (parents) => lookUp((session) => listScope(session, parents)),
    suggestSchema: (scopes) => lookUp(async (session) => (await tableColumns(session, config, scopes)).map(suggestRaw)),
    ingestQuery,
    export: (sql, options) =>
      config.stage && options.format === 'csv'
        ? unload(config, sql, options)
        : exportQuery(
            () => openSnowflakeSource(config, options.signal ? { signal: options.signal } : {}),
            sql,
            options,
          ),
    [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose](),
  }
}

/** Every number is a NUMBER there, so the value decides whether it is a small integer. */
function scalarOf(column: Column): (cell: string | null) => Scalar {
  const canonical = canonicalCell(column)
  const { type } = column
  return (cell) => {
    if (cell === null) return null
    const text = canonical ? canonical(cell) : cell
    if (type.kind === 'boolean') return text === 't'
    const whole = type.kind === 'integer' || (type.kind === 'decimal' && type.scale === 0)
    return whole && Math.abs(Number(text)) < 2 ** 31 ? Number(text) : text
  }
}
