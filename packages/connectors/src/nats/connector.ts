import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createNatsConnector } from './nats-connector.ts'

export const definition: ConnectorDefinition & { readonly kind: 'stream' } = {
  name: 'nats',
  title: 'NATS JetStream',
  kind: 'stream',
  schemes: ['nats', 'nats+tls'],
  configSchema,
  capabilities: { source: false, sink: false, query: false, scopes: false },
  testedAgainst: [{ kind: 'real server', name: 'NATS server 2.9', note: 'One server, not a cluster.' }],
  drivers: ['@nats-io/transport-node', '@nats-io/jetstream'],
  parseUri,
  create: (config) => createNatsConnector(definition, config),
}
