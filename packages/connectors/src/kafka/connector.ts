import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createKafkaConnector } from './kafka-connector.ts'

export const definition: ConnectorDefinition & { readonly kind: 'stream' } = {
  name: 'kafka',
  title: 'Apache Kafka',
  kind: 'stream',
  schemes: ['kafka', 'kafka+tls'],
  configSchema,
  capabilities: { source: false, sink: false, query: false, scopes: false },
  testedAgainst: [
    {
      kind: 'real server',
      name: 'Apache Kafka 4.1',
      note: 'One broker, not a cluster. SASL/PLAIN, SCRAM-SHA-256 and TLS; transactions.',
    },
  ],
  drivers: ['@platformatic/kafka'],
  parseUri,
  create: (config) => createKafkaConnector(definition, config),
}
