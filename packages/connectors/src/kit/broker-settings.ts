import type { ConnectionOptions } from 'node:tls'
import type { ConfigProperty, ConfigSchema, ConfigValues } from './config-schema.ts'
import { readConfigFile } from './read-config-file.ts'
import { parseServerUri } from './server-uri.ts'

/** Settings that message brokers share; `own` are the connector's, which stand before those of TLS. */
export function brokerSchema(
  port: number,
  own: Readonly<Record<string, ConfigProperty>>,
  variables: string,
): ConfigSchema {
  const env = (name: string) => ({ env: [`${variables}_${name}`] })
  const properties: Record<string, ConfigProperty> = {
    host: { type: 'string', title: 'Host', default: 'localhost', ...env('HOST') },
    port: { type: 'integer', title: 'Port', default: port, minimum: 1, maximum: 65535, ...env('PORT') },
    user: { type: 'string', title: 'User', ...env('USER') },
    password: { type: 'string', title: 'Password', ...env('PASSWORD') },
    ...own,
    tls: { type: 'boolean', title: 'TLS', default: false, ...env('TLS') },
    tls_verify: {
      type: 'boolean',
      title: 'Check the certificate',
      description: 'With TLS: whether the certificate of the server has to be trusted and name the host.',
      default: true,
    },
    tls_ca: {
      type: 'string',
      title: 'Certificate authority',
      description:
        'File that the certificate of the server is checked against. Default: the authorities known to the runtime.',
      localPath: true,
    },
    tls_cert: { type: 'string', title: 'Client certificate', description: 'File.', localPath: true },
    tls_key: { type: 'string', title: 'Client key', description: 'File.', localPath: true },
    connect_timeout: {
      type: 'integer',
      title: 'Connection timeout in seconds',
      default: 30,
      minimum: 1,
      maximum: 3600,
    },
  }
  const secret = ['password', ...['token'].filter((name) => name in own)]
  return { type: 'object', properties, required: ['host', 'port'], secret, order: Object.keys(properties) }
}

export interface BrokerUri {
  readonly system: string
  readonly example: string
  readonly configSchema: ConfigSchema
  /** Schemes of this list, such as `rediss`, mean TLS. */
  readonly tlsSchemes: readonly string[]
  /** The setting that the path means. */
  readonly path?: string
}

/** `scheme://user:password@host:port/path?setting=value`; nothing that it throws repeats the address. */
export function parseBrokerUri(uri: string, { tlsSchemes, path, configSchema, ...names }: BrokerUri): ConfigValues {
  const place: ConfigProperty = { type: 'string', title: 'Path' }
  const schema = path === undefined ? configSchema : withPath(configSchema, place)
  const parsed = parseServerUri(uri, { ...names, configSchema: schema, parameter: (name, value) => [name, value] })
  const { database, ...values } = parsed
  const scheme = uri.slice(0, uri.indexOf(':')).toLowerCase()
  return {
    ...(tlsSchemes.includes(scheme) ? { tls: true } : {}),
    ...(path !== undefined && database !== undefined ? { [path]: database } : {}),
    ...values,
  }
}

function withPath(schema: ConfigSchema, place: ConfigProperty): ConfigSchema {
  return { ...schema, properties: { ...schema.properties, database: place } }
}

/** Undefined without TLS. */
export function brokerTls(config: ConfigValues): ConnectionOptions | undefined {
  if (config.tls !== true) return undefined
  const file = (name: string) => (config[name] ? { [name.slice(4)]: readConfigFile(name, String(config[name])) } : {})
  return { rejectUnauthorized: config.tls_verify !== false, ...file('tls_ca'), ...file('tls_cert'), ...file('tls_key') }
}

/** Scheme, host, port and stream, for messages; never a password. */
export function brokerLabel(scheme: string, config: ConfigValues, stream?: string): string {
  const host = String(config.host ?? 'localhost')
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${config.port}${stream ? `/${stream}` : ''}`
}
