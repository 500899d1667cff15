import { ConfigError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition, Scalar, SqlConnector } from '../kit/connector.ts'
import { createQuery } from '../kit/create-query.ts'
import { exportQuery } from '../kit/export-query.ts'
import { once } from '../kit/once.ts'
import { openStore } from '../kit/open-store.ts'
import { secretsOf } from '../kit/redact.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { listScope, tableFields } from './catalog.ts'
import { cellWriter } from './cell-text.ts'
import { openClient } from './client.ts'
import { labelOf } from './config.ts'
import { exportData } from './export-data.ts'
import { refuseOthers } from './one-select.ts'
import { openBigquerySource } from './source.ts'
import { ingestQuery, suggestField } from './suggest-schema.ts'
import type { Field } from './types.ts'

export function createBigqueryConnector(
  definition: ConnectorDefinition & { readonly kind: 'sql' },
  config: ConfigValues,
): SqlConnector {
  const client = once(() => openClient(config))
  const sources = new Set<AsyncDisposable>()
  const openSource: SqlConnector['openSource'] = async (options) => {
    const source = await openBigquerySource(await client(), options)
    sources.add(source)
    return source
  }

  return {
    definition,
    label: labelOf(config),
    testConnection: (signal) =>
      tryConnection(
        async () => {
          const api = await client()
          await api.dryRun('SELECT 1', signal)
          return { message: `Connected to BigQuery as the project ${await api.project()}.`, serverVersion: 'v2' }
        },
        { secrets: secretsOf(definition.configSchema, config), label: labelOf(config) },
      ),
    openSource,
    openSink: async () => {
      throw new ConfigError('NOT_SUPPORTED', {
        message: 'BigQuery cannot be copied to. Copy to Cloud Storage and load it from there.',
      })
    },
    query: createQuery(async (sql, signal) => {
      const api = await client()
      const { statementType } = await api.dryRun(sql, signal)
      refuseOthers(statementType)
      const job = await api.run(sql, signal)
      const rows: Scalar[][] = []
      let fields: readonly Field[] = job.schema
      let token: string | null = null
      do {
        const page = await api.page(job, token, signal)
        fields = page.schema
        const write = fields.map((field) => scalarOf(field))
        for (const { f } of page.rows) rows.push(f.map(({ v }, index) => write[index]?.(v) ?? null))
        token = page.next
      } while (token !== null)
      return { names: fields.map(({ name }) => name), rows }
    }),
    execute: async (sql, signal) => (await (await client()).run(sql, signal)).affectedRows,
    scopes: () => ['project', 'dataset', 'table'],
    listScope: async (parents) => await listScope(await client(), parents),
    suggestSchema: async (scopes) => (await tableFields(await client(), scopes)).map(suggestField),
    ingestQuery,
    async export(sql, options) {
      if (!config.bucket || options.format !== 'csv') {
        const { signal } = options
        return await exportQuery(() => openSource(signal ? { signal } : {}), sql, options)
      }
      const store = await openStore('gcs', String(config.bucket), {
        endpoint: config.storage_endpoint,
        credentials_json: config.credentials_json,
        credentials_file: config.credentials_file,
        project: config.project,
      })
      try {
        return store.with(await exportData(await client(), store.store, sql, options))
      } catch (error) {
        await store[Symbol.asyncDispose]()
        throw error
      }
    },
    async [Symbol.asyncDispose]() {
      const open = [...sources]
      sources.clear()
      await Promise.all(open.map((source) => source[Symbol.asyncDispose]()))
    },
  }
}

/** There is one integer type, so the value decides whether it is a small one. */
function scalarOf(field: Field): (value: unknown) => Scalar {
  const text = cellWriter(field)
  return (value) => {
    const own = text(value)
    if (own === null || field.mode === 'REPEATED') return own
    if (field.type === 'BOOLEAN' || field.type === 'BOOL') return own === 't'
    if (field.type !== 'INTEGER' && field.type !== 'INT64') return own
    return Math.abs(Number(own)) < 2 ** 31 ? Number(own) : own
  }
}
