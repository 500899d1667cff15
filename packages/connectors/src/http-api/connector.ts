import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createHttpApiConnector } from './http-api-connector.ts'

export const definition: ConnectorDefinition & { readonly kind: 'api' } = {
  name: 'http-api',
  title: 'JSON over HTTP',
  kind: 'api',
  schemes: ['http-api'],
  configSchema,
  capabilities: { source: true, sink: false, query: false, scopes: false },
  testedAgainst: [{ kind: 'real server', name: 'HTTP servers in process' }],
  parseUri,
  create: (config) => createHttpApiConnector(definition, config),
}
