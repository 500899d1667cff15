import { brokerSchema, parseBrokerUri } from '../kit/broker-settings.ts'
import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'

export const configSchema: ConfigSchema = brokerSchema(
  5672,
  {
    vhost: { type: 'string', title: 'Virtual host', default: '/', env: ['RABBITMQ_VHOST'] },
    queue: { type: 'string', title: 'Queue', env: ['RABBITMQ_QUEUE'] },
  },
  'RABBITMQ',
)

/** `amqp://user:password@host:port/vhost?queue=orders`; `amqps` for TLS, on port 5671 unless another is given. */
export function parseUri(uri: string): ConfigValues {
  const values = parseBrokerUri(uri, {
    system: 'RabbitMQ',
    example: 'amqp://user:password@host:5672/vhost?queue=orders',
    configSchema,
    tlsSchemes: ['amqps'],
    path: 'vhost',
  })
  return values.tls === true && values.port === undefined ? { ...values, port: 5671 } : values
}
