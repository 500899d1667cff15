import type { SqlDefinition } from './catalog.ts'
import { configSchema, parseUri } from './config.ts'
import { createMssqlConnector } from './mssql-connector.ts'
import { typeMappings } from './types.ts'

export const definition: SqlDefinition = {
  name: 'mssql',
  title: 'Microsoft SQL Server',
  kind: 'sql',
  schemes: ['mssql', 'sqlserver'],
  configSchema,
  capabilities: { source: true, sink: false, query: true, scopes: true },
  testedAgainst: [
    {
      kind: 'protocol fake',
      name: 'our own server that speaks TDS 7.4 and runs statements on SQLite',
      note: 'No SQL Server was at hand: the texts that it makes of decimals, times and binary values, the catalogue views, TLS, snapshot isolation and permissions follow the documentation only.',
    },
  ],
  drivers: ['mssql'],
  types: typeMappings,
  parseUri,
  create: (config) => createMssqlConnector(definition, config),
}
