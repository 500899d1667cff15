import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ConfigError } from '@millrace/core'
import { isRoot } from '@millrace/db'
import { findMosquitto } from './binaries.ts'
import { brokerDirectory, brokerHost, startBroker, type TestBroker } from './broker-process.ts'
import { writeCertificate } from './certificate.ts'

export interface MosquittoOptions {
  /** Takes only connections with TLS, with a self-signed certificate. */
  readonly tls?: boolean
  /** Further lines of the configuration. */
  readonly settings?: readonly string[]
}

export interface TestMosquitto extends TestBroker {
  /** `mqtt://user:password@host:port`. */
  url(): string
  /** PEM file of the certificate, its own authority; only with `tls`. */
  readonly certificateFile: string | undefined
}

/** A Mosquitto in a temporary directory with one user. Sessions and their messages outlive a stop in order, not a kill. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<TestMosquitto> {
  const found = findMosquitto()
  if (found === null) {
    throw new ConfigError('TESTING_NO_MOSQUITTO', { message: 'This machine has no Mosquitto. Run script/services.' })
  }
  const user = 'millrace'
  const password = randomBytes(12).toString('hex')
  const directory = brokerDirectory('mosquitto')
  const passwords = join(directory, 'passwords')
  await promisify(execFile)(found.passwords, ['-c', '-b', passwords, user, password])
  const tls = options.tls ? writeCertificate(directory) : undefined
  const broker = await startBroker({
    ...{ name: 'Mosquitto', program: found.server, directory },
    ready: /mosquitto version .* running/,
    portTaken: /Address already in use/,
    untilUp: refusesNoise,
    configure: async (port) => {
      const file = join(directory, 'mosquitto.conf')
      const lines = [
        `listener ${port} ${brokerHost}`,
        ...(tls ? [`certfile ${tls.certificateFile}`, `keyfile ${tls.keyFile}`] : []),
        // Started as root it would change to an account that cannot reach the directory.
        ...(isRoot() ? ['user root'] : []),
        ...['allow_anonymous false', `password_file ${passwords}`, 'log_dest stderr', 'log_type all'],
        ...['persistence true', `persistence_location ${directory}/`, 'max_inflight_messages 0'],
        ...['max_queued_messages 0', ...(options.settings ?? [])],
      ]
      writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 })
      return { args: ['-c', file] }
    },
  })
  return {
    ...broker,
    ...{ host: brokerHost, user, password, certificateFile: tls?.certificateFile },
    url: () => `${tls ? 'mqtts' : 'mqtt'}://${user}:${password}@${brokerHost}:${broker.port}`,
    [Symbol.asyncDispose]: broker.stop,
  }
}

/** A signal that comes before its loop runs, and reads connections, is lost. What is no MQTT ends the connection. */
function refusesNoise(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, brokerHost, () => socket.end('noise\n\n'))
    // A reset is an answer, too.
    socket
      .on('error', () => {})
      .once('close', () => resolve())
      .resume()
  })
}
