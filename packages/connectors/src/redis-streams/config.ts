import { brokerSchema, parseBrokerUri } from '../kit/broker-settings.ts'
import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'

export const configSchema: ConfigSchema = brokerSchema(
  6379,
  {
    db: {
      type: 'integer',
      title: 'Database',
      description: 'Number of the database.',
      default: 0,
      minimum: 0,
      env: ['REDIS_DB'],
    },
    stream: { type: 'string', title: 'Stream', description: 'Key of the stream.', env: ['REDIS_STREAM'] },
    field: {
      type: 'string',
      title: 'Field',
      description:
        'Field of an entry whose value is the message; its other fields become headers. Default: all fields together are a JSON object of strings.',
    },
    consumer: {
      type: 'string',
      title: 'Consumer',
      description:
        'Name within the group. A name that stays the same over restarts takes its uncommitted messages up at once. Default: a new one each time.',
    },
    claim_after: {
      type: 'integer',
      title: 'Claim after seconds',
      description:
        'Messages that another consumer of the group has held for so long without a sign of life are taken over.',
      default: 30,
      minimum: 1,
    },
  },
  'REDIS',
)

/** `redis://user:password@host:port/0?stream=orders`; `rediss` for TLS. */
export function parseUri(uri: string): ConfigValues {
  return parseBrokerUri(uri, {
    system: 'Redis',
    example: 'redis://user:password@host:6379/0?stream=orders',
    configSchema,
    tlsSchemes: ['rediss'],
    path: 'db',
  })
}
