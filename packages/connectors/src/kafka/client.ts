import { isIP } from 'node:net'
import { ConfigError, type MillraceError, TransientError } from '@millrace/core'
import type { BaseOptions, Consumer, ConsumerOptions, fetchV17 } from '@platformatic/kafka'
import { authenticationFailed, brokerError, streamNotFound } from '../kit/broker-error.ts'
import { brokerTls } from '../kit/broker-settings.ts'
import type { ConfigValues } from '../kit/config-schema.ts'
import { importDriver } from '../kit/import-driver.ts'

export interface KafkaPlace {
  readonly config: ConfigValues
  readonly label: string
  readonly secrets: readonly string[]
}

export type KafkaDriver = typeof import('@platformatic/kafka')
/** Keys and values are left as they are. */
export type KafkaConsumer = Consumer<Buffer, Buffer, Buffer, Buffer>

export type FetchResponse = fetchV17.FetchResponse

export const kafkaDriver = () => importDriver<KafkaDriver>('@platformatic/kafka')

export function clientOptions({ config }: KafkaPlace): BaseOptions {
  const tls = brokerTls(config)
  const host = String(config.host ?? 'localhost')
  const further = String(config.brokers ?? '').split(',')
  const mechanism = String(config.sasl ?? 'plain').toUpperCase() as 'PLAIN'
  return {
    clientId: 'millrace',
    bootstrapBrokers: [
      { host, port: Number(config.port ?? 9092) },
      ...further.filter((broker) => broker.trim() !== '').map(parseBroker),
    ],
    connectTimeout: Number(config.connect_timeout ?? 30) * 1000,
    // Leaders and coordinators move now and then; what lasts longer is for the caller to wait for.
    ...{ retries: 5, retryDelay: 200, autocreateTopics: false },
    ...(tls ? { tls, tlsServerName: isIP(host) === 0 } : {}),
    ...(config.user === undefined
      ? {}
      : { sasl: { mechanism, username: String(config.user), password: String(config.password ?? '') } }),
  }
}

export function groupOptions({ config }: KafkaPlace, group: string): ConsumerOptions<Buffer, Buffer, Buffer, Buffer> {
  const sessionTimeout = Number(config.session_timeout ?? 45) * 1000
  const rebalanceTimeout = Math.max(sessionTimeout, 60_000)
  return {
    groupId: group,
    ...{ sessionTimeout, rebalanceTimeout, heartbeatInterval: Math.min(3000, sessionTimeout / 3), autocommit: false },
    // Whoever joins is answered only when all others have joined again.
    ...{ requestTimeout: rebalanceTimeout + 30_000 },
    ...(config.instance === undefined ? {} : { groupInstanceId: String(config.instance) }),
  } as ConsumerOptions<Buffer, Buffer, Buffer, Buffer>
}

function parseBroker(text: string): { host: string; port: number } {
  const [, host, port] = /^\s*(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?\s*$/.exec(text)?.filter((part) => part) ?? []
  if (host !== undefined) return { host, port: Number(port ?? 9092) }
  throw new ConfigError('INVALID_CONFIGURATION', {
    message: `The broker "${text.trim()}" cannot be read. Write brokers as host:port, separated by commas.`,
  })
}

/** What the driver says, in our own tree. */
export function kafkaError({ label, secrets }: KafkaPlace, error: unknown): MillraceError {
  const all = chain(error)
  const own = all.find(({ code }) => code === 'PLT_KFK_AUTHENTICATION') ?? all.find(({ apiId }) => apiId !== undefined)
  const system = all.find(({ code }) => typeof code === 'string' && !code.startsWith('PLT_KFK'))
  return brokerError(own ?? system ?? all.at(-1) ?? error, {
    ...{ label, secrets },
    ownError: (failure, said) => apiError(label, failure, said),
  })
}

interface DriverError extends Error {
  readonly code?: unknown
  /** Name of an error of the protocol. */
  readonly apiId?: unknown
  readonly response?: FetchResponse
}

/** The error with what it holds and what caused it. */
function chain(error: unknown): DriverError[] {
  if (!(error instanceof Error)) return []
  const inner = error instanceof AggregateError ? error.errors : []
  return [error as DriverError, ...[...inner, error.cause].flatMap(chain)]
}

/** Whether an error of the protocol is part of it. */
export function hasApiError(error: unknown, ...ids: readonly string[]): boolean {
  return chain(error).some(({ apiId }) => ids.includes(String(apiId)))
}

function apiError(label: string, failure: DriverError, said: string): MillraceError | null {
  if (failure.code === 'PLT_KFK_AUTHENTICATION') {
    if (!/mechanism/i.test(said)) return authenticationFailed(label)
    return new ConfigError('SASL_MECHANISM_REFUSED', {
      message: `${label}: ${said} Set sasl to one that the broker offers.`,
    })
  }
  const id = String(failure.apiId ?? '')
  if (/^Unknown topic /.test(said)) return streamNotFound(label, 'topic of this name', 'Check the name.')
  if (id === '') return null
  if (/^SASL_AUTHENTICATION_FAILED$/.test(id)) return authenticationFailed(label)
  if (/^UNKNOWN_TOPIC|^INVALID_TOPIC/.test(id)) return streamNotFound(label, 'topic of this name', 'Check the name.')
  if (/AUTHORIZATION_FAILED$/.test(id)) {
    return new ConfigError('PERMISSION_DENIED', {
      message: `${label}: ${id}. Allow this user to read and describe the topic, and to read the group.`,
    })
  }
  if (id === 'INCONSISTENT_GROUP_PROTOCOL' || id === 'GROUP_ID_NOT_FOUND' || id === 'INVALID_GROUP_ID') {
    return new ConfigError('GROUP_NOT_USABLE', {
      message: `${label}: ${id}. Other programs use this group, or its name is not allowed. Choose another --group.`,
    })
  }
  if (id === 'INVALID_SESSION_TIMEOUT') {
    return new ConfigError('INVALID_CONFIGURATION', {
      message: `${label} does not allow a session of this length. Set session_timeout to one between group.min.session.timeout.ms and group.max.session.timeout.ms of the broker.`,
    })
  }
  return new TransientError('CONNECTION_LOST', {
    message: `${label}: ${id}. What was not committed comes again.`,
    details: { label, reason: id },
  })
}

/** The answer that an error of some of its parts came with. */
export function responseOf(error: unknown): FetchResponse | undefined {
  return chain(error).find(({ response }) => response?.responses)?.response
}
