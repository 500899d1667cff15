import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createTinybirdConnector } from './tinybird-connector.ts'
import { typeMappings } from './types.ts'

export const definition: ConnectorDefinition & { readonly kind: 'sql' } = {
  name: 'tinybird',
  title: 'Tinybird',
  kind: 'sql',
  schemes: ['tinybird'],
  configSchema,
  capabilities: { source: true, sink: true, query: true, scopes: true, modes: ['replace', 'append'] },
  testedAgainst: [
    {
      kind: 'protocol fake',
      name: 'the local Tinybird of Millrace, over ClickHouse 26',
      note: "Tinybird's own limits, its quarantine and its plans are unproven.",
    },
  ],
  types: typeMappings,
  parseUri,
  create: (config) => createTinybirdConnector(definition, config),
}
