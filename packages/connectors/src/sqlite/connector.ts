import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createSqliteConnector } from './sqlite-connector.ts'
import { documentedTypes } from './types.ts'

export const definition: ConnectorDefinition & { readonly kind: 'sql' } = {
  name: 'sqlite',
  title: 'SQLite',
  kind: 'sql',
  schemes: ['sqlite', 'sqlite3'],
  configSchema,
  capabilities: { source: true, sink: true, query: true, scopes: true, foldsNames: true },
  testedAgainst: [{ kind: 'real server', name: 'SQLite of Node.js, in process' }],
  types: documentedTypes,
  parseUri,
  create: (config) => createSqliteConnector(definition, config),
}
