import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { parseServerUri } from '../kit/server-uri.ts'

/** The variables are those of ClickHouse's own client and of its container image. */
export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    host: { type: 'string', title: 'Host', default: 'localhost', env: ['CLICKHOUSE_HOST'] },
    port: {
      type: 'integer',
      title: 'Port of the HTTP interface',
      description: 'Default: 8123, or 8443 with TLS.',
      minimum: 1,
      maximum: 65535,
      env: ['CLICKHOUSE_HTTP_PORT'],
    },
    database: {
      type: 'string',
      title: 'Database',
      default: 'default',
      env: ['CLICKHOUSE_DATABASE', 'CLICKHOUSE_DB'],
    },
    user: { type: 'string', title: 'User', default: 'default', env: ['CLICKHOUSE_USER'] },
    password: { type: 'string', title: 'Password', env: ['CLICKHOUSE_PASSWORD'] },
    secure: {
      type: 'boolean',
      title: 'TLS',
      description: 'What the scheme `clickhouse+https` means.',
      default: false,
      env: ['CLICKHOUSE_SECURE'],
    },
    ca: {
      type: 'string',
      title: 'Certificate authority',
      description: 'File that the certificate of the server is checked against. Default: the public authorities.',
      env: ['CLICKHOUSE_CA'],
      localPath: true,
    },
    settings: {
      type: 'string',
      title: 'Settings',
      description: 'Settings of ClickHouse for every statement, such as `max_threads=4&max_memory_usage=4000000000`.',
      env: ['CLICKHOUSE_SETTINGS'],
    },
    connect_timeout: {
      type: 'integer',
      title: 'Connection timeout in seconds',
      description: '0 waits without end.',
      default: 10,
      minimum: 0,
    },
  },
  required: ['host', 'database', 'user'],
  secret: ['password'],
  order: ['host', 'port', 'database', 'user', 'password', 'secure', 'ca', 'settings', 'connect_timeout'],
}

/**
 * `clickhouse://user:password@host:8123/database`, with TLS as `clickhouse+https://…`. As in the HTTP
 * interface itself, parameters that are not ours are settings of the server.
 */
export function parseUri(uri: string): ConfigValues {
  const settings = new URLSearchParams()
  const { settings: given, ...values } = parseServerUri(uri, {
    system: 'ClickHouse',
    example: 'clickhouse://user:password@host:8123/database',
    configSchema,
    parameter(name, value) {
      if (name !== 'settings' && Object.hasOwn(configSchema.properties, name)) return [name, value]
      if (name === 'settings') for (const [setting, text] of new URLSearchParams(value)) settings.append(setting, text)
      else settings.append(name, value)
      return ['settings', settings.toString()]
    },
  })
  const secure = /^clickhouse\+https:/i.test(uri)
  return { ...values, ...(given === undefined ? {} : { settings: given }), ...(secure ? { secure: 'true' } : {}) }
}

export interface Address {
  readonly host: string
  readonly port: number
  readonly secure: boolean
}

export function addressOf(config: ConfigValues): Address {
  const secure = String(config.secure ?? 'false') === 'true'
  return { host: String(config.host ?? 'localhost'), port: Number(config.port ?? (secure ? 8443 : 8123)), secure }
}

/** Host, port and database, for messages and manifests. */
export function labelOf(config: ConfigValues): string {
  const { host, port, secure } = addressOf(config)
  const where = host.includes(':') ? `[${host}]` : host
  return `clickhouse${secure ? '+https' : ''}://${where}:${port}/${config.database ?? 'default'}`
}
