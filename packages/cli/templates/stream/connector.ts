import type { StreamConnector } from '@millrace/connectors/kit'
import { createAcmeConnector } from './acme-connector.ts'
import { configSchema, parseUri } from './config.ts'

export const definition: StreamConnector['definition'] = {
  name: 'acme',
  title: 'Acme',
  kind: 'stream',
  schemes: ['acme'],
  configSchema,
  capabilities: { source: false, sink: false, query: false, scopes: false },
  // Say what the tests ran against, and what that leaves open: the documentation repeats it.
  testedAgainst: [{ kind: 'protocol fake', name: 'a broker in process that speaks JSON by lines' }],
  parseUri,
  create: (config) => createAcmeConnector(definition, config),
}
