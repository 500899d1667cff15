import { brokerSchema, parseBrokerUri } from '../kit/broker-settings.ts'
import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'

export const configSchema: ConfigSchema = brokerSchema(
  4222,
  {
    token: { type: 'string', title: 'Token', description: 'Instead of user and password.', env: ['NATS_TOKEN'] },
    creds: {
      type: 'string',
      title: 'Credentials file',
      description: 'File with the JWT and seed of a user, instead of user and password.',
      env: ['NATS_CREDS'],
      localPath: true,
    },
    stream: { type: 'string', title: 'Stream', description: 'Name of the JetStream stream.', env: ['NATS_STREAM'] },
    subject: {
      type: 'string',
      title: 'Subject',
      description: 'Only messages of subjects that match, such as `orders.>`. Holds from when the group is made.',
    },
    ack_wait: {
      type: 'integer',
      title: 'Redelivery after seconds',
      description:
        'Messages of a consumer that gives no sign of life for so long go to others. Holds from when the group is made.',
      default: 30,
      minimum: 1,
    },
  },
  'NATS',
)

/** `nats://user:password@host:port?stream=ORDERS&subject=orders.>`; `nats+tls` for TLS. */
export function parseUri(uri: string): ConfigValues {
  return parseBrokerUri(uri, {
    system: 'NATS',
    example: 'nats://user:password@host:4222?stream=ORDERS',
    configSchema,
    tlsSchemes: ['nats+tls'],
  })
}
