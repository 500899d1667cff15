import { brokerSchema, type ConfigSchema, type ConfigValues, parseBrokerUri } from '@millrace/connectors/kit'

/**
 * Forms, documentation, validation and redaction are made from this. Host, port, user, password and TLS are those of
 * every broker, and come from the variables ACME_HOST and so on; add the system's own here.
 */
export const configSchema: ConfigSchema = brokerSchema(
  7400,
  { stream: { type: 'string', title: 'Stream', env: ['ACME_STREAM'] } },
  'ACME',
)

/** `acme://user:password@host:port/stream` */
export function parseUri(uri: string): ConfigValues {
  const example = 'acme://user:password@host:7400/orders'
  return parseBrokerUri(uri, { system: 'Acme', example, configSchema, tlsSchemes: [], path: 'stream' })
}
