import type { ConfigSchema, ConfigValues } from '@millrace/connectors/kit'
import { ConfigError } from '@millrace/core'

/** Forms, documentation, validation and redaction are made from this. Name what must never be shown in `secret`. */
export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    url: { type: 'string', title: 'Address', env: ['ACME_URL'] },
    token: { type: 'string', title: 'Token', env: ['ACME_TOKEN'] },
  },
  required: ['url', 'token'],
  secret: ['token'],
  order: ['url', 'token'],
}

/** Only `acme:`; everything else comes from the environment or a connection. */
export function parseUri(uri: string): ConfigValues {
  if (/^acme:(?:\/\/)?$/i.test(uri)) return {}
  throw new ConfigError('INVALID_URI', { message: 'Write acme: alone, and set ACME_URL and ACME_TOKEN.' })
}
