import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createDuckdbConnector } from './duckdb-connector.ts'
import { documentedTypes } from './types.ts'

export const definition: ConnectorDefinition & { readonly kind: 'sql' } = {
  name: 'duckdb',
  title: 'DuckDB',
  kind: 'sql',
  schemes: ['duckdb'],
  configSchema,
  capabilities: { source: true, sink: true, query: true, scopes: true, foldsNames: true },
  testedAgainst: [{ kind: 'real server', name: 'DuckDB 1.5, in process' }],
  drivers: ['@duckdb/node-api'],
  types: documentedTypes,
  parseUri,
  create: (config) => createDuckdbConnector(definition, config),
}
