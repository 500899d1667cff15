import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { connect as connectTls } from 'node:tls'
import {
  authenticationFailed,
  brokerError,
  brokerTls,
  type ConfigValues,
  streamNotFound,
} from '@millrace/connectors/kit'
import { abortable, type MillraceError } from '@millrace/core'

export interface AcmePlace {
  readonly config: ConfigValues
  readonly label: string
  readonly secrets: readonly string[]
}

export interface Connection {
  /** @throws TransientError when the connection is or gets lost, ConfigError when the broker refuses */
  request<T>(operation: string, fields?: object): Promise<T>
  close(): Promise<void>
}

interface Answer {
  readonly id: number
  readonly error?: string
}

/**
 * Stands for a driver: requests and answers are lines of JSON, in any order. A real driver is imported with
 * `importDriver` when it is first used.
 */
export async function connectAcme(place: AcmePlace, signal?: AbortSignal): Promise<Connection> {
  const { config, label } = place
  const { host = 'localhost', port, user = '', password = '', connect_timeout = 30 } = config
  const tls = brokerTls(config)
  const address = { host: String(host), port: Number(port) }
  const socket = tls ? connectTls({ ...address, ...tls }) : connect(address)
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: MillraceError): void }>()
  let lost: MillraceError | null = null
  let last = 0

  const lose = (error: unknown) => {
    // What drivers throw may hold the password, and says nothing of what to do next.
    lost ??= brokerError(error, place)
    for (const { reject } of waiting.values()) reject(lost)
    waiting.clear()
    socket.destroy()
  }
  socket.on('error', lose).on('close', () => lose(new Error('The connection was closed.')))
  const lines = createInterface({ input: socket }).on('error', lose)
  lines.on('line', (line) => {
    const answer = JSON.parse(line) as Answer
    const asked = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (answer.error === undefined) asked?.resolve(answer)
    else asked?.reject(refusal(answer.error, place))
  })

  const connection: Connection = {
    request: <T>(operation: string, fields: object = {}) =>
      new Promise<T>((resolve, reject) => {
        if (lost !== null) return reject(lost)
        waiting.set(++last, { resolve: (answer) => resolve(answer as T), reject })
        socket.write(`${JSON.stringify({ id: last, operation, ...fields })}\n`)
      }),
    async close() {
      // With a word of goodbye, after which the broker has given back what was held; not for long if it is silent.
      const late = AbortSignal.timeout(5000)
      if (!socket.destroyed) await once(socket.end(), 'close', { signal: late }).catch(() => {})
      lose(new Error('The connection was closed.'))
    },
  }
  try {
    const late = AbortSignal.timeout(Number(connect_timeout) * 1000)
    const stop = signal ? AbortSignal.any([signal, late]) : late
    await abortable(connection.request('hello', { user, password }), stop)
    return connection
  } catch (error) {
    await connection.close()
    signal?.throwIfAborted()
    throw brokerError(error, { label, secrets: place.secrets })
  }
}

/** What the broker's own words mean. */
function refusal(error: string, { label, secrets }: AcmePlace): MillraceError {
  if (error === 'wrong password') return authenticationFailed(label)
  if (error === 'no such stream') return streamNotFound(label, 'such stream', 'Check its name.')
  return brokerError(new Error(error), { label, secrets })
}
