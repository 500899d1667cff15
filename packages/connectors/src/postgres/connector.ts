import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createPostgresConnector } from './postgres-connector.ts'
import { documentedTypes } from './types.ts'

export const definition: ConnectorDefinition & { readonly kind: 'sql' } = {
  name: 'postgres',
  title: 'PostgreSQL',
  kind: 'sql',
  schemes: ['postgres', 'postgresql'],
  configSchema,
  capabilities: { source: true, sink: true, query: true, scopes: true },
  testedAgainst: [{ kind: 'real server', name: 'PostgreSQL 18 and 15' }],
  drivers: ['pg'],
  types: documentedTypes,
  parseUri,
  create: (config) => createPostgresConnector(definition, config),
}
