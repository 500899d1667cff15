import type { ConnectorDefinition } from '../kit/connector.ts'
import { createAzureConnector } from './azure-connector.ts'
import { configSchema, parseUri } from './config.ts'

export const definition: ConnectorDefinition & { readonly kind: 'object-store' } = {
  name: 'azure-blob',
  title: 'Azure Blob Storage',
  kind: 'object-store',
  schemes: ['az', 'azure', 'azure-blob'],
  configSchema,
  capabilities: { source: true, sink: true, query: false, scopes: false, modes: ['replace', 'append'] },
  testedAgainst: [
    {
      kind: 'emulator',
      name: 'Azurite 3.36',
      note: 'It is Microsoft’s own and checks keys and signatures; accounts with a hierarchical namespace are not part of the tests.',
    },
  ],
  drivers: ['@azure/storage-blob'],
  parseUri,
  create: (config) => createAzureConnector(definition, config),
}
