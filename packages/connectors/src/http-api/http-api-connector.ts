import { ConfigError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition, TableConnector } from '../kit/connector.ts'
import { secretsOf } from '../kit/redact.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { readApiDefinition } from './api-definition.ts'
import { createAuthorizer } from './authorize.ts'
import { fetchRecords } from './fetch-records.ts'
import { createRequester } from './request.ts'
import { openApiSource } from './source.ts'

/** Any API of JSON over HTTP, as a file describes it. */
export function createHttpApiConnector(definition: ConnectorDefinition, config: ConfigValues): TableConnector {
  const path = String(config.path)
  const open = async () => {
    const api = await readApiDefinition(path)
    const baseUrl = String(config.base_url ?? api.base_url)
    if (!URL.canParse(baseUrl) || !/^https?:/i.test(baseUrl)) {
      throw new ConfigError('INVALID_CONFIGURATION', {
        message: 'The connector "http-api" needs a whole address that begins with https:// for "base_url".',
      })
    }
    return { api, baseUrl, requester: createRequester(api, createAuthorizer(api, config)) }
  }
  return {
    definition,
    label: `http-api:${path}`,
    testConnection: (signal = new AbortController().signal) =>
      tryConnection(
        async () => {
          const { api, baseUrl, requester } = await open()
          const [name, resource] = Object.entries(api.resources).find(([, each]) => each.parent === undefined) ?? []
          if (resource === undefined) return { message: `"${path}" defines an API.` }
          const options = { since: null, parents: null, signal, onlyFirstPage: true }
          for await (const _ of fetchRecords(api, baseUrl, resource, requester, options)) break
          return { message: `The API at ${new URL(baseUrl).host} answers, and "${name}" can be read.` }
        },
        { secrets: secretsOf(definition.configSchema, config) },
      ),
    openSource: async (options) => await openApiSource({ ...(await open()), ...options }),
    openSink: async () => {
      throw new ConfigError('NOT_SUPPORTED', { message: 'An API over HTTP cannot be copied to.' })
    },
    async [Symbol.asyncDispose]() {},
  }
}
