import type { ConnectorDefinition } from '../kit/connector.ts'
import { createBigqueryConnector } from './bigquery-connector.ts'
import { configSchema, parseUri } from './config.ts'
import { typeMappings } from './types.ts'

export const definition: ConnectorDefinition & { readonly kind: 'sql' } = {
  name: 'bigquery',
  title: 'Google BigQuery',
  kind: 'sql',
  schemes: ['bigquery', 'bq'],
  configSchema,
  capabilities: { source: true, sink: false, query: true, scopes: true },
  testedAgainst: [
    {
      kind: 'protocol fake',
      name: 'a server of ours that speaks the documented REST API and runs SQL on DuckDB',
      note: 'Tests against BigQuery itself run when credentials are given. Permissions, quotas and the time travel of a real project are otherwise unproven.',
    },
  ],
  drivers: ['@google-cloud/bigquery'],
  types: typeMappings,
  parseUri,
  create: (config) => createBigqueryConnector(definition, config),
}
