import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ConfigError } from '@millrace/core'
import { findProgram } from './binaries.ts'
import { brokerDirectory, brokerHost, startBroker, type TestBroker } from './broker-process.ts'
import { selfSignedCertificate } from './certificate.ts'

const version = '4.1.0'

export interface KafkaOptions {
  /** Also offers TLS, on a port of its own, with a self-signed certificate. */
  readonly tls?: boolean
}

export interface TestKafka extends TestBroker {
  /** `kafka://user:password@host:port`. */
  url(): string
  /** Only with `tls`. */
  readonly tls: { readonly port: number; readonly certificateFile: string } | undefined
}

/** A Java, and the Kafka that script/services got from Maven's repository; null: then its tests are skipped. */
export function findKafka(): { readonly java: string; readonly libraries: string } | null {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const libraries = join(cache, 'millrace', `kafka-${version}`)
  const java = findProgram('java')
  return java !== undefined && existsSync(join(libraries, `kafka_2.13-${version}.jar`)) ? { java, libraries } : null
}

/**
 * One Kafka, its own controller, in a temporary directory, with one user, who may use SASL/PLAIN and
 * SCRAM-SHA-256. It is up after some seconds. Consumers that vanished are missed after as little as 0.1 s.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<TestKafka> {
  const found = findKafka()
  if (found === null) {
    throw new ConfigError('TESTING_NO_KAFKA', {
      message: 'This machine has no Kafka. Install Java and Maven, then run script/services.',
    })
  }
  const user = 'millrace'
  const password = randomBytes(12).toString('hex')
  const directory = brokerDirectory('kafka')
  const certificateFile = join(directory, 'certificate.pem')
  if (options.tls) {
    const { certificate, key } = selfSignedCertificate()
    writeFileSync(certificateFile, certificate)
    writeFileSync(join(directory, 'keystore.pem'), `${key}${certificate}`, { mode: 0o600 })
  }
  const file = join(directory, 'server.properties')
  const classPath = readdirSync(found.libraries)
    .map((name) => join(found.libraries, name))
    .join(':')
  const java = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classPath]
  const broker = await startBroker({
    ...{ name: 'Kafka', program: found.java, directory },
    ready: /Kafka Server started/,
    portTaken: /Address already in use/,
    morePorts: options.tls ? 2 : 1,
    async configure(port, [controllerPort, tlsPort]) {
      const listeners = [`CLIENT://${brokerHost}:${port}`, ...(tlsPort ? [`SECURE://${brokerHost}:${tlsPort}`] : [])]
      const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required username="${user}" password="${password}" user_${user}="${password}";`
      const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
      const lines = [
        ...['process.roles=broker,controller', 'node.id=1', `log.dirs=${join(directory, 'data')}`],
        `controller.quorum.voters=1@${brokerHost}:${controllerPort}`,
        `listeners=${[...listeners, `CONTROLLER://${brokerHost}:${controllerPort}`].join(',')}`,
        `advertised.listeners=${listeners.join(',')}`,
        'listener.security.protocol.map=CLIENT:SASL_PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT',
        ...['controller.listener.names=CONTROLLER', 'inter.broker.listener.name=CLIENT'],
        ...['sasl.mechanism.inter.broker.protocol=PLAIN', 'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256'],
        ...['client', 'secure'].flatMap((name) => [
          `listener.name.${name}.plain.sasl.jaas.config=${plain}`,
          `listener.name.${name}.scram-sha-256.sasl.jaas.config=${scram}`,
        ]),
        ...(tlsPort ? ['ssl.keystore.type=PEM', `ssl.keystore.location=${join(directory, 'keystore.pem')}`] : []),
        ...['offsets.topic.replication.factor=1', 'offsets.topic.num.partitions=1'],
        ...['transaction.state.log.replication.factor=1', 'transaction.state.log.min.isr=1'],
        ...['transaction.state.log.num.partitions=1', 'auto.create.topics.enable=false'],
        ...['group.min.session.timeout.ms=100', 'group.initial.rebalance.delay.ms=0'],
      ]
      writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 })
      if (!existsSync(join(directory, 'data'))) {
        const credentials = `SCRAM-SHA-256=[name=${user},password=${password}]`
        const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', file, '--add-scram', credentials]
        await promisify(execFile)(found.java, [...java, ...format])
      }
      return { args: [...java, 'kafka.Kafka', file] }
    },
  })
  const [, tlsPort] = broker.morePorts
  return {
    ...broker,
    ...{
      host: brokerHost,
      user,
      password,
      tls: tlsPort === undefined ? undefined : { port: tlsPort, certificateFile },
    },
    url: () => `kafka://${user}:${password}@${brokerHost}:${broker.port}`,
    [Symbol.asyncDispose]: broker.stop,
  }
}

/** 16 bytes as Kafka writes them; none may begin with a hyphen, which the tool takes for an option. */
function clusterId(): string {
  return `A${randomBytes(16).toString('base64url').slice(1, 22)}`
}
