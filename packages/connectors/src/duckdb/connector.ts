import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createDuckdbConnector } from './duckdb-connector.ts'

export const definition: ConnectorDefinition & { readonly kind: 'sql' } = {
  name: 'duckdb',
  title: 'DuckDB',
  kind: 'sql',
  schemes: ['duckdb'],
  configSchema,
  capabilities: { source: true, sink: true, query: true, scopes: true, foldsNames: true },
  parseUri,
  create: (config) => createDuckdbConnector(definition, config),
}
