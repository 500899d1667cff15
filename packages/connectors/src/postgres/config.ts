import { ConfigError } from '@millrace/core'
import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'

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
    },
    sslcert: { type: 'string', title: 'Client certificate', description: 'File.', env: ['PGSSLCERT'] },
    sslkey: { type: 'string', title: 'Client key', description: 'File.', env: ['PGSSLKEY'] },
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
  const values: Record<string, string> = {}
  try {
    const url = new URL(uri)
    const set = (name: string, value: string) => {
      if (value !== '') values[name] = decodeURIComponent(value)
    }
    set('host', url.hostname.replace(/^\[(.*)\]$/, '$1'))
    set('port', url.port)
    set('user', url.username)
    set('password', url.password)
    set('database', url.pathname.replace(/^\//, ''))
    for (const [name, value] of url.searchParams) values[name === 'dbname' ? 'database' : name] = value
    if (url.hash !== '') throw new Error('fragment')
  } catch {
    // The cause holds the whole address, password included, so it is not passed on.
    throw new ConfigError('INVALID_URI', {
      message:
        'The address of the PostgreSQL server cannot be read. Write it like postgres://user:password@host:5432/database and percent-encode special characters in it, such as %40 for @, %2F for / and %23 for #.',
    })
  }
  for (const name of Object.keys(values)) {
    if (Object.hasOwn(configSchema.properties, name)) continue
    throw new ConfigError('UNKNOWN_CONFIGURATION', {
      message: `The address of the PostgreSQL server has an unknown parameter "${name}". Known are: ${configSchema.order.join(', ')}.`,
      details: { parameter: name },
    })
  }
  return values
}

/** Host, port and database, for messages and manifests. */
export function labelOf(config: ConfigValues): string {
  const host = String(config.host ?? 'localhost')
  const where = host.includes(':') ? `[${host}]` : host
  return `postgres://${where}:${config.port ?? 5432}/${config.database ?? config.user ?? ''}`
}
