import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { parseServerUri } from '../kit/server-uri.ts'

/** The variables are those of the server's own client programs, where they have some. */
export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    host: { type: 'string', title: 'Host', default: 'localhost', env: ['MYSQL_HOST'] },
    port: {
      type: 'integer',
      title: 'Port',
      default: 3306,
      minimum: 1,
      maximum: 65535,
      env: ['MYSQL_TCP_PORT', 'MYSQL_PORT'],
    },
    socket: {
      type: 'string',
      title: 'Socket',
      description: 'File of the server’s local socket, instead of host and port.',
      env: ['MYSQL_UNIX_PORT'],
    },
    database: { type: 'string', title: 'Database', env: ['MYSQL_DATABASE'] },
    user: { type: 'string', title: 'User', default: 'root', env: ['MYSQL_USER'] },
    password: { type: 'string', title: 'Password', env: ['MYSQL_PWD', 'MYSQL_PASSWORD'] },
    sslmode: {
      type: 'string',
      title: 'TLS',
      description:
        'preferred: with TLS when the server has it; required: always; verify-ca and verify-identity also check the certificate, the latter with the name of the host.',
      default: 'preferred',
      enum: ['disabled', 'preferred', 'required', 'verify-ca', 'verify-identity'],
      env: ['MYSQL_SSL_MODE'],
    },
    sslca: {
      type: 'string',
      title: 'Certificate authority',
      description: 'File that the certificate of the server is checked against.',
      env: ['MYSQL_SSL_CA'],
      localPath: true,
    },
    sslcert: {
      type: 'string',
      title: 'Client certificate',
      description: 'File.',
      env: ['MYSQL_SSL_CERT'],
      localPath: true,
    },
    sslkey: { type: 'string', title: 'Client key', description: 'File.', env: ['MYSQL_SSL_KEY'], localPath: true },
    connect_timeout: {
      type: 'integer',
      title: 'Connection timeout in seconds',
      description: '0 waits without end.',
      default: 30,
      minimum: 0,
    },
  },
  required: ['host', 'port', 'user'],
  secret: ['password'],
  order: [
    'host',
    'port',
    'socket',
    'database',
    'user',
    'password',
    'sslmode',
    'sslca',
    'sslcert',
    'sslkey',
    'connect_timeout',
  ],
}

/** Other spellings that clients and drivers use in an address. */
const aliases: Readonly<Record<string, string>> = {
  'ssl-mode': 'sslmode',
  'ssl-ca': 'sslca',
  'ssl-cert': 'sslcert',
  'ssl-key': 'sslkey',
  'connect-timeout': 'connect_timeout',
}

/** `mysql://user:password@host:port/database?sslmode=required`. */
export function parseUri(uri: string): ConfigValues {
  return parseServerUri(uri, {
    system: 'MySQL',
    example: 'mysql://user:password@host:3306/database',
    configSchema,
    parameter(name, value) {
      const own = aliases[name] ?? name
      return [own, own === 'sslmode' ? value.toLowerCase().replaceAll('_', '-') : value]
    },
  })
}

/** Host, port and database, for messages and manifests. */
export function labelOf(config: ConfigValues): string {
  const host = String(config.host ?? 'localhost')
  const where = config.socket ? encodeURIComponent(String(config.socket)) : host.includes(':') ? `[${host}]` : host
  return `mysql://${where}${config.socket ? '' : `:${config.port ?? 3306}`}/${config.database ?? ''}`
}
