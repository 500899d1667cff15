import { abortable, ConfigError, type MillraceError } from '@millrace/core'
import type { Redis, RedisOptions } from 'ioredis'
import { authenticationFailed, brokerError } from '../kit/broker-error.ts'
import { brokerTls } from '../kit/broker-settings.ts'
import type { ConfigValues } from '../kit/config-schema.ts'
import { importDriver } from '../kit/import-driver.ts'

export interface RedisPlace {
  readonly config: ConfigValues
  readonly label: string
  readonly secrets: readonly string[]
}

/** One connection that is never mended by itself: what a consumer was handed over it has to come again. */
export interface RedisClient extends AsyncDisposable {
  /** The reply with its bytes as text. */
  call(...command: readonly (string | number)[]): Promise<unknown>
  /** The reply with its bytes as they are. */
  callBytes(...command: readonly (string | number)[]): Promise<unknown>
  /** Cuts the connection, and with it a call that waits. */
  cut(): void
}

export async function connectRedis(
  config: ConfigValues,
  { label, secrets, signal }: { label: string; secrets: readonly string[]; signal?: AbortSignal | undefined },
): Promise<RedisClient> {
  const { Redis: Client } = await importDriver<typeof import('ioredis')>('ioredis')
  const tls = brokerTls(config)
  const options = {
    host: String(config.host ?? 'localhost'),
    port: Number(config.port ?? 6379),
    db: Number(config.db ?? 0),
    ...(config.user === undefined ? {} : { username: String(config.user) }),
    ...(config.password === undefined ? {} : { password: String(config.password) }),
    ...(tls ? { tls } : {}),
    connectTimeout: Number(config.connect_timeout ?? 30) * 1000,
    connectionName: 'millrace',
    lazyConnect: true,
    // Older servers and the replies read here know no other.
    protocol: 2,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
  } as const satisfies RedisOptions
  const client: Redis = new Client(options)
  let last: Error | undefined
  client.on('error', (error: Error) => {
    last = error
  })
  const failed = (error: unknown) => brokerError(lostWhy(error, last), { label, secrets, ownError: redisError(label) })
  try {
    await abortable(client.connect(), signal)
  } catch (error) {
    client.disconnect()
    signal?.throwIfAborted()
    throw failed(error)
  }
  const run = async (work: () => Promise<unknown>) => {
    try {
      return await work()
    } catch (error) {
      throw failed(error)
    }
  }
  return {
    call: (...[name = '', ...rest]) => run(() => client.call(name as string, ...rest)),
    callBytes: (...[name = '', ...rest]) => run(() => client.callBuffer(name as string, ...rest)),
    cut: () => client.disconnect(),
    async [Symbol.asyncDispose]() {
      client.disconnect()
    },
  }
}

/** The driver says only that the connection is closed; why, it said before. */
function lostWhy(error: unknown, last: Error | undefined): unknown {
  return last && error instanceof Error && /Connection is closed|isn't writeable/i.test(error.message) ? last : error
}

function redisError(label: string) {
  return (error: Error, said: string): MillraceError | null => {
    if (/^(WRONGPASS|NOAUTH|NOPERM)|invalid (username|password)/i.test(said)) {
      if (!said.startsWith('NOPERM')) return authenticationFailed(label)
      return new ConfigError('PERMISSION_DENIED', {
        message: `${label}: ${said} Grant this user the commands of streams (+@stream) on the key.`,
      })
    }
    if (/^WRONGTYPE/.test(said)) {
      return new ConfigError('NOT_A_STREAM', { message: `${label}: the key holds no stream. Check its name.` })
    }
    const passing = /^(LOADING|BUSY|MASTERDOWN|TRYAGAIN|CLUSTERDOWN|READONLY) |max number of clients/
    if (error.name === 'ReplyError' && !passing.test(said)) {
      return new ConfigError('COMMAND_REFUSED', { message: `${label}: ${said}` })
    }
    return null
  }
}
