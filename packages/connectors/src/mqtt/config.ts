import { brokerSchema, parseBrokerUri } from '../kit/broker-settings.ts'
import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'

export const configSchema: ConfigSchema = brokerSchema(
  1883,
  {
    topic: {
      type: 'string',
      title: 'Topic',
      description: 'Topic or filter, such as `sensors/+/temperature`. In an address # is written %23.',
      env: ['MQTT_TOPIC'],
    },
    client_id: {
      type: 'string',
      title: 'Client',
      description: 'Names the session that the broker keeps. Default: millrace- and the name of the group.',
      env: ['MQTT_CLIENT_ID'],
    },
    shared: {
      type: 'boolean',
      title: 'Shared subscription',
      description:
        'Several clients, each with its own client_id, share the messages of the group. Messages that the broker keeps for a client that is away wait for that client.',
      default: false,
    },
    session_expiry: {
      type: 'integer',
      title: 'Session expiry in seconds',
      description: 'For so long the broker keeps what comes while nobody is connected.',
      default: 604_800,
      minimum: 1,
      maximum: 4_294_967_294,
    },
    receive_maximum: {
      type: 'integer',
      title: 'Most messages in flight',
      description:
        'Set it to the limit of the broker when that is lower than 65535 (Mosquitto: max_inflight_messages, 20 unless changed), so that a batch is not waited for in vain.',
      default: 65_535,
      minimum: 1,
      maximum: 65_535,
    },
  },
  'MQTT',
)

/** `mqtt://user:password@host:port?topic=sensors/%23`; `mqtts` for TLS, on port 8883 unless another is given. */
export function parseUri(uri: string): ConfigValues {
  const values = parseBrokerUri(uri, {
    system: 'MQTT broker',
    example: 'mqtt://user:password@host:1883?topic=sensors/%23',
    configSchema,
    tlsSchemes: ['mqtts'],
  })
  return values.tls === true && values.port === undefined ? { ...values, port: 8883 } : values
}
