import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { perMinute } from '../kit/create-notify.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    url: { type: 'string', title: 'Address', description: 'Gets a POST with JSON.', env: ['WEBHOOK_URL'] },
    signing_secret: {
      type: 'string',
      title: 'Signing secret',
      description:
        'Messages then carry X-Millrace-Timestamp and X-Millrace-Signature, by which the receiver knows them.',
      env: ['WEBHOOK_SIGNING_SECRET'],
    },
    authorization: {
      type: 'string',
      title: 'Authorization',
      description: 'Sent as the header of this name, such as Bearer TOKEN.',
      env: ['WEBHOOK_AUTHORIZATION'],
    },
    body_template: {
      type: 'string',
      title: 'Body',
      description:
        'A Jinja2 template of the JSON that is sent, with level, title, text, fields, link and time; write values as {{ title | tojson }}.',
      env: ['WEBHOOK_BODY_TEMPLATE'],
    },
    per_minute: perMinute(600, 'Ten a second.'),
  },
  required: ['url'],
  secret: ['url', 'signing_secret', 'authorization'],
  order: ['url', 'signing_secret', 'authorization', 'body_template', 'per_minute'],
}

/** `webhook+https://host/path`; without the prefix the address would be that of a file to copy. */
export function parseUri(uri: string): ConfigValues {
  return { url: uri.replace(/^webhook\+/i, '') }
}
