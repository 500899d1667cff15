import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { parseServerUri } from '../kit/server-uri.ts'

/** The names are libpq's keywords and the variables libpq's own. */
export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    host: {
      type: 'string',
      title: 'Host',
      description: 'Name or address of the server, or the folder of its socket.',
      default: 'localhost',
      env: ['PGHOST'],
    },
    port: { type: 'integer', title: 'Port', default: 5432, minimum: 1, maximum: 65535, env: ['PGPORT'] },
    database: {
      type: 'string',
      title: 'Database',
      description: 'Default: the name of the user.',
      env: ['PGDATABASE'],
    },
    user: { type: 'string', title: 'User', description: 'Default: the user of the system.', env: ['PGUSER'] },
    password: {
      type: 'string',
      title: 'Password',
      description: 'Without one, the password file (PGPASSFILE, ~/.pgpass) is asked.',
      env: ['PGPASSWORD'],
    },
    sslmode: {
      type: 'string',
      title: 'TLS',
      description:
        'prefer: with TLS when the server has it; require: always; verify-ca and verify-full also check the certificate, the latter with the name of the host.',
      default: 'prefer',
      enum: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
      env: ['PGSSLMODE'],
    },
    sslrootcert: {
      type: 'string',
      title: 'Certificate authority',
      description:
        'File that the certificate of the server is checked against; `system` for the authorities known to the runtime.',
      env: ['PGSSLROOTCERT'],
      localPath: true,
    },
    sslcert: { type: 'string', title: 'Client certificate', description: 'File.', env: ['PGSSLCERT'], localPath: true },
    sslkey: { type: 'string', title: 'Client key', description: 'File.', env: ['PGSSLKEY'], localPath: true },
    connect_timeout: {
      type: 'integer',
      title: 'Connection timeout in seconds',
      description: '0 waits without end.',
      default: 30,
      minimum: 0,
      env: ['PGCONNECT_TIMEOUT'],
    },
    options: {
      type: 'string',
      title: 'Server options',
      description: 'Such as `-c search_path=sales`.',
      env: ['PGOPTIONS'],
    },
  },
  required: ['host', 'port'],
  secret: ['password'],
  order: [
    'host',
    'port',
    'database',
    'user',
    'password',
    'sslmode',
    'sslrootcert',
    'sslcert',
    'sslkey',
    'connect_timeout',
    'options',
  ],
}

/** `postgres://user:password@host:port/database?sslmode=require`; parameters are libpq's keywords. */
export function parseUri(uri: string): ConfigValues {
  return parseServerUri(uri, {
    system: 'PostgreSQL',
    example: 'postgres://user:password@host:5432/database',
    configSchema,
    parameter: (name, value) => [name === 'dbname' ? 'database' : name, value],
  })
}

/** Host, port and database, for messages and manifests. */
export function labelOf(config: ConfigValues): string {
  const host = String(config.host ?? 'localhost')
  const where = host.includes(':') ? `[${host}]` : host
  return `postgres://${where}:${config.port ?? 5432}/${config.database ?? config.user ?? ''}`
}
