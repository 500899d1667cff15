import type { NotifyDefinition } from '@millrace/connectors/kit'
import { createAcmeConnector } from './acme-connector.ts'
import { configSchema, parseUri } from './config.ts'

export const definition: NotifyDefinition = {
  name: 'acme',
  title: 'Acme',
  kind: 'notify',
  schemes: ['acme'],
  configSchema,
  capabilities: { source: false, sink: false, query: false, scopes: false },
  // Say what the tests ran against, and what that leaves open: the documentation repeats it.
  testedAgainst: [{ kind: 'protocol fake', name: 'an HTTP server that answers as Acme documents' }],
  parseUri,
  create: (config) => createAcmeConnector(definition, config),
}
