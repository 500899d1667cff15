import type { ConnectorDefinition } from '@millrace/connectors/kit'
import { createAcmeConnector } from './acme-connector.ts'
import { configSchema, parseUri } from './config.ts'

export const definition: ConnectorDefinition & { readonly kind: 'api' } = {
  name: 'acme',
  title: 'Acme',
  kind: 'api',
  schemes: ['acme'],
  configSchema,
  capabilities: { source: true, sink: false, query: false, scopes: false },
  // Say what the tests ran against, and what that leaves open: the documentation repeats it.
  testedAgainst: [{ kind: 'protocol fake', name: 'an HTTP server that answers as Acme documents' }],
  parseUri,
  create: (config) => createAcmeConnector(definition, config),
}
