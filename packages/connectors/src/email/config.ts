import { ConfigError } from '@millrace/core'
import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { perMinute } from '../kit/create-notify.ts'
import { parseServerUri } from '../kit/server-uri.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    host: { type: 'string', title: 'SMTP server', default: 'localhost', env: ['SMTP_HOST'] },
    port: { type: 'integer', title: 'Port', default: 587, minimum: 1, maximum: 65535, env: ['SMTP_PORT'] },
    user: { type: 'string', title: 'User', env: ['SMTP_USER'] },
    password: { type: 'string', title: 'Password', env: ['SMTP_PASSWORD'] },
    tls: {
      type: 'string',
      title: 'TLS',
      description:
        'starttls: required after the greeting; tls: from the start (port 465); none: not even when offered.',
      default: 'starttls',
      enum: ['starttls', 'tls', 'none'],
      env: ['SMTP_TLS'],
    },
    tls_ca: {
      type: 'string',
      title: 'Certificate authority',
      description: 'File that the certificate of the server is checked against.',
      env: ['SMTP_TLS_CA'],
      localPath: true,
    },
    from: { type: 'string', title: 'From', description: 'Such as Millrace <data@example.com>.', env: ['SMTP_FROM'] },
    to: { type: 'string', title: 'To', description: 'Addresses, separated by commas.', env: ['SMTP_TO'] },
    per_minute: perMinute(60, 'Most servers refuse senders that are too quick.'),
  },
  required: ['host', 'port', 'from'],
  secret: ['password'],
  order: ['host', 'port', 'user', 'password', 'tls', 'tls_ca', 'from', 'to', 'per_minute'],
}

/** `mailto:ada@example.com,bob@example.com`, or the server: `smtp://user:password@host:587?from=…&to=…`, `smtps://…` for TLS from the start. */
export function parseUri(uri: string): ConfigValues {
  const to = /^mailto:([^?]+)$/i.exec(uri)?.[1]
  if (to !== undefined) return { to: decodeURIComponent(to) }
  if (/^mailto:/i.test(uri)) {
    throw new ConfigError('INVALID_URI', {
      message: 'The mail address cannot be read. Write it like mailto:ada@example.com.',
    })
  }
  const values = parseServerUri(uri, {
    system: 'SMTP',
    example: 'smtp://user:password@host:587?from=data@example.com',
    configSchema,
    parameter: (name, value) => [name, value],
  })
  return /^smtps:/i.test(uri) ? { port: 465, tls: 'tls', ...values } : values
}
