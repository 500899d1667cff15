import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { parseServerUri } from '../kit/server-uri.ts'

/** The variables are those of sqlcmd, where it has some. */
export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    host: { type: 'string', title: 'Host', default: 'localhost', env: ['SQLCMDSERVER', 'MSSQL_HOST'] },
    port: { type: 'integer', title: 'Port', default: 1433, minimum: 1, maximum: 65535, env: ['MSSQL_PORT'] },
    database: { type: 'string', title: 'Database', env: ['SQLCMDDBNAME', 'MSSQL_DATABASE'] },
    user: { type: 'string', title: 'User', env: ['SQLCMDUSER', 'MSSQL_USER'] },
    password: { type: 'string', title: 'Password', env: ['SQLCMDPASSWORD', 'MSSQL_PASSWORD', 'MSSQL_SA_PASSWORD'] },
    encrypt: {
      type: 'boolean',
      title: 'TLS',
      description: 'Without it rows travel in clear text, and the password hardly hidden.',
      default: true,
    },
    trust_server_certificate: {
      type: 'boolean',
      title: 'Trust any certificate',
      description: 'Takes a certificate that no authority has signed, as servers make for themselves.',
      default: false,
    },
    connect_timeout: { type: 'integer', title: 'Connection timeout in seconds', default: 15, minimum: 1 },
  },
  required: ['host', 'port', 'user'],
  secret: ['password'],
  order: ['host', 'port', 'database', 'user', 'password', 'encrypt', 'trust_server_certificate', 'connect_timeout'],
}

const aliases: Readonly<Record<string, string>> = {
  trustServerCertificate: 'trust_server_certificate',
  'connect-timeout': 'connect_timeout',
}

/** `mssql://user:password@host:1433/database?encrypt=true`. */
export function parseUri(uri: string): ConfigValues {
  return parseServerUri(uri, {
    system: 'SQL Server',
    example: 'mssql://user:password@host:1433/database',
    configSchema,
    parameter: (name, value) => [aliases[name] ?? name, value],
  })
}

/** Host, port and database, for messages and manifests. */
export function labelOf(config: ConfigValues): string {
  const host = String(config.host ?? 'localhost')
  return `mssql://${host.includes(':') ? `[${host}]` : host}:${config.port ?? 1433}/${config.database ?? ''}`
}
