import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createSnowflakeConnector } from './snowflake-connector.ts'
import { typeMappings } from './types.ts'

export const definition: ConnectorDefinition & { readonly kind: 'sql' } = {
  name: 'snowflake',
  title: 'Snowflake',
  kind: 'sql',
  schemes: ['snowflake'],
  configSchema,
  capabilities: { source: true, sink: false, query: true, scopes: true },
  testedAgainst: [
    {
      kind: 'protocol fake',
      name: 'a server of ours that speaks to Snowflake’s own driver and runs SQL on DuckDB',
      note: 'Tests against Snowflake itself run when an account is given. Time travel, encrypted stages, roles and the printing of floats are otherwise unproven.',
    },
  ],
  drivers: ['snowflake-sdk'],
  types: typeMappings,
  parseUri,
  create: (config) => createSnowflakeConnector(definition, config),
}
