import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '@millrace/core'
import { findNats } from './binaries.ts'
import { brokerDirectory, brokerHost, startBroker, type TestBroker } from './broker-process.ts'
import { writeCertificate } from './certificate.ts'

export interface NatsOptions {
  /** Takes only connections with TLS, with a self-signed certificate. */
  readonly tls?: boolean
}

export interface TestNats extends TestBroker {
  /** `nats://user:password@host:port`. */
  url(): string
  /** PEM file of the certificate, its own authority; only with `tls`. */
  readonly certificateFile: string | undefined
}

/** A NATS server with JetStream in a temporary directory and one user. */
export async function startNats(options: NatsOptions = {}): Promise<TestNats> {
  const program = findNats()
  if (program === null) {
    throw new ConfigError('TESTING_NO_NATS', { message: 'This machine has no NATS server. Run script/services.' })
  }
  const user = 'millrace'
  const password = randomBytes(12).toString('hex')
  const directory = brokerDirectory('nats')
  const tls = options.tls ? writeCertificate(directory) : undefined
  const broker = await startBroker({
    ...{ name: 'NATS', program, directory },
    ready: /Server is ready/,
    portTaken: /address already in use/,
    configure: async (port) => {
      const file = join(directory, 'nats.conf')
      const lines = [
        `listen: "${brokerHost}:${port}"`,
        `jetstream { store_dir: "${join(directory, 'data')}" }`,
        `authorization { user: ${user}, password: "${password}" }`,
        ...(tls ? [`tls { cert_file: "${tls.certificateFile}", key_file: "${tls.keyFile}" }`] : []),
      ]
      writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 })
      return { args: ['-c', file] }
    },
  })
  return {
    ...broker,
    ...{ host: brokerHost, user, password, certificateFile: tls?.certificateFile },
    url: () => `${tls ? 'nats+tls' : 'nats'}://${user}:${password}@${brokerHost}:${broker.port}`,
    [Symbol.asyncDispose]: broker.stop,
  }
}
