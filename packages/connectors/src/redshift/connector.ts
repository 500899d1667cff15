import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createRedshiftConnector } from './redshift-connector.ts'
import { typeMappings } from './types.ts'

export const definition: ConnectorDefinition & { readonly kind: 'sql' } = {
  name: 'redshift',
  title: 'Amazon Redshift',
  kind: 'sql',
  schemes: ['redshift'],
  configSchema,
  capabilities: { source: true, sink: false, query: true, scopes: true },
  testedAgainst: [
    {
      kind: 'protocol fake',
      name: 'PostgreSQL 18 behind a proxy that answers UNLOAD and refuses what Redshift lacks',
      note: 'No cluster was available: the catalogue views, types that PostgreSQL lacks (SUPER, VARBYTE, GEOMETRY), limits and permissions follow the documentation only.',
    },
  ],
  drivers: ['pg'],
  types: typeMappings,
  parseUri,
  create: (config) => createRedshiftConnector(definition, config),
}
