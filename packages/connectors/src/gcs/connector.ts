import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createGcsConnector } from './gcs-connector.ts'

export const definition: ConnectorDefinition & { readonly kind: 'object-store' } = {
  name: 'gcs',
  title: 'Google Cloud Storage',
  kind: 'object-store',
  schemes: ['gs', 'gcs'],
  configSchema,
  capabilities: { source: true, sink: true, query: false, scopes: false, modes: ['replace', 'append'] },
  testedAgainst: [
    {
      kind: 'protocol fake',
      name: 'fake-gcs-server 1.56',
      note: 'A third party’s, of the JSON interface. It checks neither credentials nor signatures, so those are unproven.',
    },
  ],
  drivers: ['@google-cloud/storage'],
  parseUri,
  create: (config) => createGcsConnector(definition, config),
}
