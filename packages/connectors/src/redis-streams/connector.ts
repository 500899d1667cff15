import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createRedisStreamsConnector } from './redis-streams-connector.ts'

export const definition: ConnectorDefinition & { readonly kind: 'stream' } = {
  name: 'redis-streams',
  title: 'Redis Streams',
  kind: 'stream',
  schemes: ['redis', 'rediss'],
  configSchema,
  capabilities: { source: false, sink: false, query: false, scopes: false },
  testedAgainst: [{ kind: 'real server', name: 'Redis 7.0' }],
  drivers: ['ioredis'],
  parseUri,
  create: (config) => createRedisStreamsConnector(definition, config),
}
