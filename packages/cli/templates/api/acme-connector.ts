import {
  type ConfigValues,
  type ConnectorDefinition,
  openRecordSource,
  type RecordTable,
  secretsOf,
  type TableConnector,
  tryConnection,
} from '@millrace/connectors/kit'
import { ConfigError } from '@millrace/core'
import { getJson } from './get-json.ts'

/** What the API has, and which columns name a row. An API that lists its own resources is asked for them. */
const resources: Readonly<Record<string, readonly string[]>> = { customers: ['id'], orders: ['id'] }

/** Types, formats, hashes and queries are the kit's, which keeps the records in a file; fetching them is yours. */
export function createAcmeConnector(
  definition: ConnectorDefinition & { readonly kind: 'api' },
  values: ConfigValues,
): TableConnector {
  const url = String(values.url).replace(/\/$/, '')
  const label = `acme:${URL.canParse(url) ? new URL(url).host : ''}`
  const get = (path: string, signal: AbortSignal | undefined, retries = 3) =>
    getJson({ system: 'Acme', url: `${url}${path}`, token: String(values.token), retries, signal })

  /** Page by page, so that memory does not grow with a resource. */
  async function* recordsOf(resource: string, signal: AbortSignal): AsyncGenerator<string> {
    for (let page: unknown = 1; page !== null; ) {
      const answer = await get(`/${resource}?page=${page}`, signal)
      const items = answer.items as readonly object[]
      if (items.length > 0) yield items.map((item) => `${JSON.stringify(item)}\n`).join('')
      page = answer.next ?? null
    }
  }

  return {
    definition,
    label,
    testConnection: (signal) =>
      tryConnection(
        async () => {
          await get('/customers?page=1', signal, 0)
          return { message: 'Acme answers, and customers can be read.' }
        },
        { secrets: secretsOf(definition.configSchema, values) },
      ),
    openSource: async (options) => {
      const tables = Object.entries(resources).map(([name, primaryKey]): [string, RecordTable] => [
        name,
        { primaryKey, records: ({ signal }) => recordsOf(name, signal) },
      ])
      return await openRecordSource({ dialect: 'acme', tables: Object.fromEntries(tables), ...options })
    },
    openSink: async () => {
      throw new ConfigError('NOT_SUPPORTED', { message: 'Acme cannot be copied to.' })
    },
    async [Symbol.asyncDispose]() {},
  }
}
