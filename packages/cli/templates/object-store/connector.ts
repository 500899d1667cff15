import type { ConnectorDefinition } from '@millrace/connectors/kit'
import { createAcmeConnector } from './acme-connector.ts'
import { configSchema, parseUri } from './config.ts'

export const definition: ConnectorDefinition & { readonly kind: 'object-store' } = {
  name: 'acme',
  title: 'Acme',
  kind: 'object-store',
  schemes: ['acme'],
  configSchema,
  capabilities: { source: true, sink: true, query: false, scopes: false },
  // Say what the tests ran against, and what that leaves open: the documentation repeats it.
  testedAgainst: [{ kind: 'real server', name: 'SQLite of Node.js, in process' }],
  parseUri,
  create: (config) => createAcmeConnector(definition, config),
}
