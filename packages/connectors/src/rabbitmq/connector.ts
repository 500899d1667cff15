import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createRabbitmqConnector } from './rabbitmq-connector.ts'

export const definition: ConnectorDefinition & { readonly kind: 'stream' } = {
  name: 'rabbitmq',
  title: 'RabbitMQ',
  kind: 'stream',
  schemes: ['amqp', 'amqps'],
  configSchema,
  capabilities: { source: false, sink: false, query: false, scopes: false },
  testedAgainst: [
    {
      kind: 'real server',
      name: 'RabbitMQ 3.10',
      note: 'Classic and quorum queues; queues of the type stream are refused.',
    },
  ],
  drivers: ['amqplib'],
  parseUri,
  create: (config) => createRabbitmqConnector(definition, config),
}
