import { brokerSchema, parseBrokerUri } from '../kit/broker-settings.ts'
import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'

export const configSchema: ConfigSchema = brokerSchema(
  9092,
  {
    brokers: {
      type: 'string',
      title: 'Further brokers',
      description: 'Asked when the first one does not answer: host:port, separated by commas.',
      env: ['KAFKA_BROKERS'],
    },
    topic: { type: 'string', title: 'Topic', env: ['KAFKA_TOPIC'] },
    group: {
      type: 'string',
      title: 'Group',
      description: 'Consumer group, where none is named otherwise. Default: `millrace`.',
      env: ['KAFKA_GROUP'],
    },
    sasl: {
      type: 'string',
      title: 'SASL mechanism',
      description: 'How user and password are given.',
      enum: ['plain', 'scram-sha-256', 'scram-sha-512'],
      default: 'plain',
      env: ['KAFKA_SASL'],
    },
    instance: {
      type: 'string',
      title: 'Instance',
      description:
        'Name of this process within the group (static membership), of which there may be one at a time. After a crash it takes its partitions up at once. Default: none, and others take them over after the session.',
    },
    session_timeout: {
      type: 'integer',
      title: 'Session in seconds',
      description: 'A consumer that gives no sign of life for so long loses its partitions to others.',
      default: 45,
      minimum: 1,
      maximum: 1800,
    },
  },
  'KAFKA',
)

/** `kafka://user:password@host:port,host2:port/topic?group=name`; `kafka+tls` for TLS. */
export function parseUri(uri: string): ConfigValues {
  const [, before = '', others, after = ''] = /^([^,/?#]*:\/\/[^,/?#]*)((?:,[^,/?#@]+)*)(.*)$/s.exec(uri) ?? ['', uri]
  const values = parseBrokerUri(before + after, {
    system: 'Kafka',
    example: 'kafka://user:password@host:9092,host2:9092/orders',
    configSchema,
    tlsSchemes: ['kafka+tls'],
    path: 'topic',
  })
  return others ? { brokers: others.slice(1), ...values } : values
}
