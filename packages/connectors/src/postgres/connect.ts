import type { Socket } from 'node:net'
import type { Client, ClientConfig } from 'pg'
import type { ConfigValues } from '../kit/config-schema.ts'
import { importDriver } from '../kit/import-driver.ts'
import { postgresError } from './errors.ts'
import { createReadSocket } from './read-socket.ts'
import { tlsAttempts } from './tls.ts'

/** What we use of the driver beyond its public types. */
export type PgClient = Client & {
  readonly connection: { readonly stream: Socket }
  readonly processID: number
  readonly secretKey: number | Buffer
}

/** Connects and authenticates, without pinning anything. */
export async function connectClient(config: ConfigValues, label: string, signal?: AbortSignal): Promise<PgClient> {
  const driver = await importDriver<{ default: { Client: new (config: ClientConfig) => Client } }>('pg')
  let failure: unknown
  for (const ssl of tlsAttempts(config)) {
    const text = (name: string) => (config[name] === undefined ? {} : { [name]: String(config[name]) })
    const client = new driver.default.Client({
      ...text('host'),
      port: Number(config.port ?? 5432),
      ...text('database'),
      ...text('user'),
      ...text('password'),
      ...text('options'),
      ssl,
      ...(ssl === false ? { stream: createReadSocket } : {}),
      application_name: 'millrace',
      keepAlive: true,
      connectionTimeoutMillis: Number(config.connect_timeout ?? 30) * 1000,
    }) as unknown as PgClient
    const stop = () => client.connection.stream.destroy(signal?.reason)
    signal?.addEventListener('abort', stop, { once: true })
    try {
      await client.connect()
      return client
    } catch (error) {
      signal?.throwIfAborted()
      failure = error
      client.connection.stream.destroy()
      if (!isAboutTls(error)) break
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }
  throw postgresError(failure, label)
}

/** Only then does the other kind of connection make sense: no TLS on the server, or a host rule that wants (no) TLS. */
function isAboutTls(error: unknown): boolean {
  const { code, message = '' } = error as { code?: string; message?: string }
  return code === '28000' || /does not support SSL|establishing an SSL/.test(message)
}
