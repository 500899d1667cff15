import { abortable, ConfigError, type MillraceError, TransientError } from '@millrace/core'
import type { JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node'
import { authenticationFailed, brokerError, streamNotFound } from '../kit/broker-error.ts'
import { brokerTls } from '../kit/broker-settings.ts'
import type { ConfigValues } from '../kit/config-schema.ts'
import { importDriver } from '../kit/import-driver.ts'
import { readConfigFile } from '../kit/read-config-file.ts'

export interface NatsPlace {
  readonly config: ConfigValues
  readonly label: string
  readonly secrets: readonly string[]
}

export interface NatsLink extends AsyncDisposable {
  readonly connection: NatsConnection
  /** Rejects as soon as the connection is gone; never resolves. */
  readonly lost: Promise<never>
  manager(): Promise<JetStreamManager>
  /** Runs work over the connection; failures come in our own tree. */
  run<T>(work: () => Promise<T>): Promise<T>
}

/** One connection that is never mended: what was pulled over it comes again over the next. */
export async function connectNats(
  { config, label, secrets }: NatsPlace,
  signal?: AbortSignal | undefined,
): Promise<NatsLink> {
  const { connect, credsAuthenticator } =
    await importDriver<typeof import('@nats-io/transport-node')>('@nats-io/transport-node')
  const failed = (error: unknown) => brokerError(error, { label, secrets, ownError: natsError(label) })
  const timeout = Number(config.connect_timeout ?? 30) * 1000
  const { ca, cert, key, rejectUnauthorized } = brokerTls(config) ?? {}
  const pem = (name: string, content: unknown) => (content === undefined ? {} : { [name]: String(content) })
  const host = String(config.host ?? 'localhost')
  const text = (name: string, setting: string) =>
    config[setting] === undefined ? {} : { [name]: String(config[setting]) }
  const options: NodeConnectionOptions = {
    servers: `${host.includes(':') ? `[${host}]` : host}:${config.port ?? 4222}`,
    ...text('user', 'user'),
    ...text('pass', 'password'),
    ...text('token', 'token'),
    ...(config.creds === undefined
      ? {}
      : { authenticator: credsAuthenticator(readConfigFile('creds', String(config.creds))) }),
    ...(config.tls === true
      ? {
          tls: {
            rejectUnauthorized: rejectUnauthorized !== false,
            ...pem('ca', ca),
            ...pem('cert', cert),
            ...pem('key', key),
          },
        }
      : {}),
    ...{ name: 'millrace', timeout, reconnect: false, ignoreClusterUpdates: true },
  }
  let connection: NatsConnection
  try {
    const connecting = connect(options)
    connecting.then((late) => (signal?.aborted ? late.close() : undefined)).catch(() => {})
    connection = await abortable(connecting, signal)
  } catch (error) {
    signal?.throwIfAborted()
    throw failed(error)
  }
  const lost = connection.closed().then((error) => {
    throw error
      ? failed(error)
      : new TransientError('CONNECTION_LOST', {
          message: `The connection to ${label} was closed. What was not committed comes again over a new connection.`,
        })
  })
  lost.catch(() => {})
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await Promise.race([work(), lost])
    } catch (error) {
      throw failed(error)
    }
  }
  return {
    connection,
    lost,
    run,
    async manager() {
      const { jetstreamManager } = await importDriver<typeof import('@nats-io/jetstream')>('@nats-io/jetstream')
      return await run(() => jetstreamManager(connection, { timeout, checkAPI: false }))
    },
    async [Symbol.asyncDispose]() {
      await connection.close().catch(() => {})
    },
  }
}

function natsError(label: string) {
  return (error: Error, said: string): MillraceError | null => {
    switch (error.name) {
      case 'AuthorizationError':
      case 'UserAuthenticationExpiredError':
        return authenticationFailed(label)
      case 'PermissionViolationError':
        return new ConfigError('PERMISSION_DENIED', { message: `${label}: ${said}. Grant it to this user.` })
      case 'StreamNotFoundError':
        return streamNotFound(label, 'stream of this name', 'Check the name, and the account of the user.')
      case 'InvalidNameError':
        return new ConfigError('INVALID_NAME', {
          message: `${label}: ${said}. Names of streams and groups hold no spaces, dots, wildcards or slashes.`,
        })
      case 'JetStreamNotEnabled':
        return new ConfigError('JETSTREAM_DISABLED', {
          message: `${label} has no JetStream for this account, and without it NATS keeps no messages. Enable it at the server.`,
        })
      case 'JetStreamApiError':
        return apiError(error, said, label)
      default:
        return /stream not found/i.test(said)
          ? streamNotFound(label, 'stream of this name', 'Check the name, and the account of the user.')
          : null
    }
  }
}

function apiError(error: Error, said: string, label: string): MillraceError {
  const { code } = error as Error & { code?: number }
  if (/stream not found/i.test(said)) {
    return streamNotFound(label, 'stream of this name', 'Check the name, and the account of the user.')
  }
  const kind = code === undefined || code >= 500 ? TransientError : ConfigError
  return new kind('COMMAND_REFUSED', { message: `${label}: ${said}.` })
}
