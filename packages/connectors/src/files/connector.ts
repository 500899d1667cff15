import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createFilesConnector } from './files-connector.ts'

export const definition: ConnectorDefinition & { readonly kind: 'object-store' } = {
  name: 'files',
  title: 'Files',
  kind: 'object-store',
  schemes: ['file', 'files'],
  configSchema,
  capabilities: {
    source: true,
    sink: true,
    query: false,
    scopes: false,
    localPaths: true,
    modes: ['replace', 'append'],
  },
  testedAgainst: [{ kind: 'real server', name: 'the local file system' }],
  parseUri,
  create: (config) => createFilesConnector(definition, config),
}
