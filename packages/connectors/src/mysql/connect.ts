import type mysql from 'mysql2'
import type { ConfigValues } from '../kit/config-schema.ts'
import { importDriver } from '../kit/import-driver.ts'
import { readConfigFile } from '../kit/read-config-file.ts'
import { redactText, secretsOf } from '../kit/redact.ts'
import { configSchema, labelOf } from './config.ts'
import { mysqlError } from './errors.ts'
import type { DriverConnection } from './raw-channel.ts'
import { openSession, type Session } from './session.ts'

type Driver = Pick<typeof mysql, 'createConnection'>

interface ConnectOptions {
  /** Lets one command hold several statements. Default false. */
  readonly multipleStatements?: boolean
}

/**
 * Opens connections of one configuration. The driver does the handshake: authentication in all its
 * forms, and TLS.
 */
export async function connect(
  config: ConfigValues,
  sqlMode: string | null,
  options: ConnectOptions = {},
): Promise<Session> {
  const driver = await importDriver<Driver & { default?: Driver }>('mysql2')
  const { createConnection } = driver.default ?? driver
  const label = labelOf(config)
  const mode = String(config.sslmode ?? 'preferred')
  const open = (tls: boolean) => {
    const settings = { ...connectionOptions(config, tls ? tlsOptions(config, mode) : undefined), ...options }
    return openSession(() => createConnection(settings) as DriverConnection, sqlMode, label)
  }
  try {
    return await open(mode !== 'disabled' && !config.socket)
  } catch (error) {
    if (mode === 'preferred' && hasNoTls(error)) return await open(false)
    throw withoutSecrets(error, config)
  }
}

function connectionOptions(config: ConfigValues, ssl: mysql.SslOptions | undefined): mysql.ConnectionOptions {
  const timeout = Number(config.connect_timeout ?? 30) * 1000
  return {
    ...(config.socket
      ? { socketPath: String(config.socket) }
      : { host: String(config.host), port: Number(config.port) }),
    user: String(config.user ?? 'root'),
    ...(config.password === undefined ? {} : { password: String(config.password) }),
    ...(config.database ? { database: String(config.database) } : {}),
    ...(ssl ? { ssl } : {}),
    connectTimeout: timeout,
    charset: 'utf8mb4_general_ci',
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    // Affected rows are rows that changed, commands carry no attributes, and a blank is not ignored before a parenthesis.
    flags: ['-FOUND_ROWS', '-CLIENT_QUERY_ATTRIBUTES', '-SESSION_TRACK', '-IGNORE_SPACE', '-ODBC'],
    connectAttributes: { program_name: 'millrace' },
  }
}

function tlsOptions(config: ConfigValues, mode: string): mysql.SslOptions {
  const file = (name: string) => (config[name] ? readConfigFile(name, String(config[name])).toString() : undefined)
  const [ca, cert, key] = [file('sslca'), file('sslcert'), file('sslkey')]
  return {
    rejectUnauthorized: mode.startsWith('verify'),
    verifyIdentity: mode === 'verify-identity',
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
  }
}

function hasNoTls(error: unknown): boolean {
  const { details } = error as { details?: { reason?: unknown } }
  return details?.reason === 'HANDSHAKE_NO_SSL_SUPPORT'
}

function withoutSecrets(error: unknown, config: ConfigValues): unknown {
  const secrets = secretsOf(configSchema, config)
  if (error instanceof Error) error.message = redactText(error.message, secrets)
  return mysqlError(error, labelOf(config))
}

/** Ends the statement that a session is running, over a connection of its own. */
export async function killQuery(config: ConfigValues, session: Session): Promise<void> {
  const messenger = await connect(config, '')
  try {
    await messenger.execute(`KILL QUERY ${session.id}`)
  } finally {
    await messenger.close()
  }
}
