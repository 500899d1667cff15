import { abortable, ConfigError, type MillraceError, TransientError } from '@millrace/core'
import type { IClientOptions, IPublishPacket, MqttClient } from 'mqtt'
import { authenticationFailed, brokerError } from '../kit/broker-error.ts'
import { brokerTls } from '../kit/broker-settings.ts'
import type { ConfigValues } from '../kit/config-schema.ts'
import { importDriver } from '../kit/import-driver.ts'

export interface MqttPlace {
  readonly config: ConfigValues
  readonly label: string
  readonly secrets: readonly string[]
}

export interface MqttSession {
  readonly clientId: string
  /** What the broker may send before anything is acknowledged. */
  readonly receiveMaximum: number
  readonly expirySeconds: number
  /** Told of each message, and not acknowledging it. */
  readonly onMessage: (packet: IPublishPacket) => void
}

export interface MqttLink extends AsyncDisposable {
  readonly client: MqttClient
  /** Rejects as soon as the connection is gone; never resolves. */
  readonly lost: Promise<never>
  /** Runs work over the connection; failures come in our own tree. */
  run<T>(work: () => Promise<T>): Promise<T>
  /** Resolves when the broker has taken these acknowledgements. */
  acknowledge(messageIds: readonly number[]): Promise<void>
}

/**
 * One connection that is never mended by itself. The driver acknowledges a message as soon as it was
 * handled, unless handling it fails; so it always fails here, and acknowledgements are sent later.
 */
export async function connectMqtt(
  { config, label, secrets }: MqttPlace,
  { session, signal }: { readonly session?: MqttSession; readonly signal?: AbortSignal | undefined } = {},
): Promise<MqttLink> {
  const { connect } = await importDriver<typeof import('mqtt')>('mqtt')
  const failed = (error: unknown) => brokerError(error, { label, secrets, ownError: mqttError(label) })
  const tls = brokerTls(config)
  const options: IClientOptions = {
    ...(tls as object),
    protocol: tls ? 'mqtts' : 'mqtt',
    ...{ host: String(config.host ?? 'localhost'), port: Number(config.port ?? 1883), protocolVersion: 5 },
    ...(config.user === undefined ? {} : { username: String(config.user) }),
    ...(config.password === undefined ? {} : { password: String(config.password) }),
    ...(session ? { clientId: session.clientId } : {}),
    clean: session === undefined,
    properties: session
      ? { sessionExpiryInterval: session.expirySeconds, receiveMaximum: session.receiveMaximum }
      : { sessionExpiryInterval: 0 },
    ...{ reconnectPeriod: 0, connectTimeout: Number(config.connect_timeout ?? 30) * 1000, keepalive: 30 },
    ...{ manualConnect: true, resubscribe: false },
  }
  const client = connect(options)
  if (session) {
    client.handleMessage = (packet, done) => {
      // Without QoS nothing is acknowledged, and nothing comes again.
      if (packet.qos > 0) session.onMessage(packet)
      done(packet.qos > 0 ? new Error('Acknowledged later.') : undefined)
    }
  }
  let cause: unknown
  client.on('error', (error) => {
    cause ??= error
  })
  client.on('disconnect', ({ reasonCode, properties }) => {
    cause ??= Object.assign(new Error(properties?.reasonString ?? `The broker ended the session`), { code: reasonCode })
  })
  const lost = new Promise<never>((_, reject) => {
    client.once('close', () => reject(cause === undefined ? connectionLost(label) : failed(cause)))
  })
  lost.catch(() => {})
  const connected = new Promise<void>((resolve) => client.once('connect', () => resolve()))
  client.connect()
  try {
    await abortable(Promise.race([connected, lost]), signal)
  } catch (error) {
    client.end(true)
    throw error
  }
  const answered = () => {
    const answer = new Promise<void>((resolve) => {
      const look = ({ cmd }: { cmd: string }) => {
        if (cmd !== 'pingresp') return
        client.off('packetreceive', look)
        resolve()
      }
      client.on('packetreceive', look)
    })
    client.sendPing()
    return Promise.race([answer, lost])
  }
  return {
    client,
    lost,
    async run(work) {
      try {
        return await Promise.race([work(), lost])
      } catch (error) {
        throw failed(cause ?? error)
      }
    },
    async acknowledge(messageIds) {
      // The driver has no call for it.
      const { _sendPacket: send } = client as unknown as { _sendPacket(packet: object): void }
      for (const messageId of messageIds) send.call(client, { cmd: 'puback', messageId, reasonCode: 0 })
      // Acknowledgements are not answered; a ping behind them is, once they have been taken.
      await answered()
    },
    async [Symbol.asyncDispose]() {
      await client.endAsync().catch(() => {})
    },
  }
}

function connectionLost(label: string): TransientError {
  return new TransientError('CONNECTION_LOST', {
    message: `The connection to ${label} was closed. What was not committed comes again over a new connection. If this goes on, another consumer may have the same session: give each a client_id of its own.`,
  })
}

function mqttError(label: string) {
  return (error: Error & { readonly code?: unknown }, said: string): MillraceError | null => {
    switch (error.code) {
      case 0x04:
      case 0x05:
      case 0x86:
      case 0x8c:
        return authenticationFailed(label)
      case 0x87:
        // Some brokers say so of a wrong password, too.
        return /connect/i.test(said)
          ? authenticationFailed(label)
          : new ConfigError('PERMISSION_DENIED', { message: `${label}: ${said}. Check what this user may read.` })
      case 0x85:
        return new ConfigError('COMMAND_REFUSED', { message: `${label} refuses the client_id. Choose another.` })
      case 0x8e:
        return new ConfigError('SESSION_TAKEN_OVER', {
          message: `Another consumer with this client_id has connected to ${label}. Let each consumer have its own, or run one only.`,
        })
      case 0x8f:
      case 0xa2:
      case 0x9e:
        return new ConfigError('TOPIC_REFUSED', { message: `${label} refuses the topic: ${said}.` })
      default:
        return null
    }
  }
}
