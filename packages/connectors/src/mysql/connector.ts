import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createMysqlConnector } from './mysql-connector.ts'
import { documentedTypes } from './types.ts'

export const definition: ConnectorDefinition & { readonly kind: 'sql' } = {
  name: 'mysql',
  title: 'MySQL and MariaDB',
  kind: 'sql',
  schemes: ['mysql', 'mariadb'],
  configSchema,
  capabilities: { source: true, sink: true, query: true, scopes: true },
  testedAgainst: [
    {
      kind: 'real server',
      name: 'MariaDB 10.11',
      note: 'MySQL 8 itself, with its caching_sha2_password, was not at hand.',
    },
  ],
  drivers: ['mysql2'],
  types: documentedTypes,
  parseUri,
  create: (config) => createMysqlConnector(definition, config),
}
