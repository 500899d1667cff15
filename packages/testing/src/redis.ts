import { randomBytes } from 'node:crypto'
import { ConfigError } from '@millrace/core'
import { findRedis } from './binaries.ts'
import { brokerDirectory, brokerHost, startBroker, type TestBroker } from './broker-process.ts'
import { writeCertificate } from './certificate.ts'

export interface RedisOptions {
  /** Also offers TLS, on a port of its own, with a self-signed certificate. */
  readonly tls?: boolean
}

export interface TestRedis extends TestBroker {
  /** `redis://:password@host:port/database`. */
  url(database?: number): string
  /** Only with `tls`. */
  readonly tls: { readonly port: number; readonly certificateFile: string } | undefined
}

/** A Redis in a temporary directory that keeps every write over a restart. Its default user has a password. */
export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const program = findRedis()
  if (program === null) {
    throw new ConfigError('TESTING_NO_REDIS', { message: 'This machine has no Redis server. Run script/services.' })
  }
  const password = randomBytes(12).toString('hex')
  const directory = brokerDirectory('redis')
  const tls = options.tls ? writeCertificate(directory) : undefined
  const broker = await startBroker({
    ...{ name: 'Redis', program, directory },
    ready: /Ready to accept connections/,
    portTaken: /Address already in use/,
    morePorts: tls ? 1 : 0,
    configure: async (port, [tlsPort]) => ({
      args: [
        ...['--port', `${port}`, '--bind', brokerHost, '--dir', directory, '--save', '', '--requirepass', password],
        ...['--appendonly', 'yes', '--appendfsync', 'no'],
        ...(tls ? ['--tls-port', `${tlsPort}`, '--tls-auth-clients', 'no'] : []),
        ...(tls ? ['--tls-cert-file', tls.certificateFile, '--tls-key-file', tls.keyFile] : []),
      ],
    }),
  })
  const [tlsPort] = broker.morePorts
  return {
    ...broker,
    ...{ host: brokerHost, user: 'default', password },
    tls: tls && tlsPort !== undefined ? { port: tlsPort, ...tls } : undefined,
    url: (database = 0) => `redis://:${password}@${brokerHost}:${broker.port}/${database}`,
    [Symbol.asyncDispose]: broker.stop,
  }
}
