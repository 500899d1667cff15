import type { ConnectorDefinition } from '../kit/connector.ts'
import { createClickhouseConnector } from './clickhouse-connector.ts'
import { configSchema, parseUri } from './config.ts'
import { typeMappings } from './types.ts'

export const definition: ConnectorDefinition & { readonly kind: 'sql' } = {
  name: 'clickhouse',
  title: 'ClickHouse',
  kind: 'sql',
  schemes: ['clickhouse', 'clickhouse+https'],
  configSchema,
  capabilities: { source: true, sink: true, query: true, scopes: true },
  testedAgainst: [
    {
      kind: 'real server',
      name: 'ClickHouse 26.7, in process behind our own HTTP interface',
      note: 'ClickHouse itself runs every statement; its own HTTP server, clusters, replicated tables and ClickHouse Cloud were not at hand.',
    },
  ],
  types: typeMappings,
  parseUri,
  create: (config) => createClickhouseConnector(definition, config),
}
