import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ConfigError } from '@millrace/core'
import { onFreePort, type RunningServer, startServer } from '@millrace/db'
import { findRabbitmq } from './binaries.ts'
import { brokerDirectory, brokerHost, startBroker, type TestBroker } from './broker-process.ts'
import { writeCertificate } from './certificate.ts'

export interface RabbitmqOptions {
  /** Also offers TLS, on a port of its own, with a self-signed certificate. */
  readonly tls?: boolean
}

export interface TestRabbitmq extends TestBroker {
  /** `amqp://user:password@host:port`. */
  url(): string
  /** Only with `tls`. */
  readonly tls: { readonly port: number; readonly certificateFile: string } | undefined
  /** Runs rabbitmqctl and returns what it prints. */
  control(...args: readonly string[]): Promise<string>
}

/** A RabbitMQ in a temporary directory with a port mapper of its own, so that no daemon is left. It needs some seconds. */
export async function startRabbitmq(options: RabbitmqOptions = {}): Promise<TestRabbitmq> {
  const found = findRabbitmq()
  if (found === null) {
    throw new ConfigError('TESTING_NO_RABBITMQ', { message: 'This machine has no RabbitMQ. Run script/services.' })
  }
  const user = 'millrace'
  const password = randomBytes(12).toString('hex')
  const directory = brokerDirectory('rabbitmq')
  mkdirSync(join(directory, 'home'))
  writeFileSync(join(directory, 'plugins'), '[].\n')
  const tls = options.tls ? writeCertificate(directory) : undefined
  const [mapper, mapperPort] = await onFreePort(async (port) => [await startMapper(found.epmd, port), port] as const)
  const env = {
    HOME: join(directory, 'home'),
    ERL_CRASH_DUMP: join(directory, 'crash.dump'),
    ERL_EPMD_PORT: `${mapperPort}`,
    // Lets the script become the server instead of watching over it.
    RUNNING_UNDER_SYSTEMD: 'true',
    RABBITMQ_NODENAME: 'millrace@localhost',
    RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: join(directory, 'absent'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'plugins'),
    RABBITMQ_MNESIA_BASE: join(directory, 'data'),
    RABBITMQ_LOG_BASE: join(directory, 'logs'),
    RABBITMQ_PID_FILE: join(directory, 'pid'),
    RABBITMQ_LOGS: '-',
  }
  try {
    const broker = await startBroker({
      ...{ name: 'RabbitMQ', program: found.server, directory },
      ready: /Server startup complete/,
      portTaken: /eaddrinuse|distribution port \d+ in use/i,
      morePorts: tls ? 2 : 1,
      configure: async (port, [distributionPort, tlsPort]) => {
        const lines = [
          `listeners.tcp.default = ${brokerHost}:${port}`,
          ...[`default_user = ${user}`, `default_pass = ${password}`],
          // The disk of a test machine may be nearly full.
          ...['disk_free_limit.absolute = 1MB', 'loopback_users = none'],
          ...(tls ? [`listeners.ssl.default = ${brokerHost}:${tlsPort}`] : []),
          ...(tls ? [`ssl_options.certfile = ${tls.certificateFile}`] : []),
          ...(tls ? [`ssl_options.keyfile = ${tls.keyFile}`, 'ssl_options.verify = verify_none'] : []),
        ]
        writeFileSync(env.RABBITMQ_CONFIG_FILE, `${lines.join('\n')}\n`, { mode: 0o600 })
        return { args: [], env: { ...env, RABBITMQ_DIST_PORT: `${distributionPort}` } }
      },
    })
    const stop = async () => {
      await broker.stop()
      await mapper.stop()
    }
    const [distributionPort, tlsPort] = broker.morePorts
    return {
      ...broker,
      ...{ host: brokerHost, user, password, stop },
      tls: tls && tlsPort !== undefined ? { port: tlsPort, ...tls } : undefined,
      url: () => `amqp://${user}:${password}@${brokerHost}:${broker.port}`,
      async control(...args) {
        const options = ['-n', env.RABBITMQ_NODENAME, ...args]
        const all = { ...process.env, ...env, RABBITMQ_DIST_PORT: `${distributionPort}` }
        return (await promisify(execFile)(found.control, options, { env: all })).stdout
      },
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await mapper.stop()
    throw error
  }
}

/** The port mapper of Erlang, without which no server starts. */
async function startMapper(program: string, port: number): Promise<RunningServer> {
  return await startServer({
    ...{ name: 'epmd', program, args: ['-d', '-address', brokerHost, '-port', `${port}`] },
    ...{ account: undefined, ready: /entering the main select|epmd running/, portTaken: /in use/, stopSignal: 'TERM' },
    temporaryDirectory: undefined,
  })
}
