import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ConfigError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import { addressOf, labelOf } from './config.ts'
import { connectionError, type ErrorContext, serverError } from './errors.ts'

export type Settings = Readonly<Record<string, string | number>>

export interface Statement {
  readonly sql: string
  readonly settings?: Settings
  readonly signal?: AbortSignal | undefined
  /** What the server calls the statement; another one of the same name cannot run beside it. */
  readonly queryId?: string
  /** Quick by nature: the answer, too, has to be there within the connection timeout. */
  readonly quick?: boolean
}

export interface Insert extends Statement {
  readonly bytes: AsyncIterable<Uint8Array>
}

/** ClickHouse's HTTP interface. A statement is a request, and connections are kept for the next one. */
export interface ClickhouseHttp {
  readonly context: ErrorContext
  /** A failure of the connection, in our own tree. */
  failure(error: unknown): unknown
  /** The answer as it comes, once the server has begun to give it. */
  stream(statement: Statement): Promise<IncomingMessage>
  /** The whole answer, and how many rows were written. */
  run(statement: Statement): Promise<{ readonly text: string; readonly written: number }>
  /** Sends rows behind `INSERT … FORMAT …`; returns how many the server took. */
  insert(insert: Insert): Promise<number>
  /** Ends a statement of this user, if it still runs. */
  kill(queryId: string): Promise<void>
  close(): void
}

export function createClickhouseHttp(config: ConfigValues): ClickhouseHttp {
  const { host, port, secure } = addressOf(config)
  const password = config.password === undefined ? '' : String(config.password)
  const context: ErrorContext = { label: labelOf(config), secrets: password === '' ? [] : [password] }
  const always = new URLSearchParams(String(config.settings ?? ''))
  const connecting = Number(config.connect_timeout ?? 10) * 1000
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, ...(config.ca ? { ca: authority(String(config.ca)) } : {}) })
    : new HttpAgent({ keepAlive: true })
  const headers = {
    // In a header of our own: an address with a user would show up in the logs of proxies.
    'X-ClickHouse-User': encodeHeader(String(config.user ?? 'default')),
    ...(password === '' ? {} : { 'X-ClickHouse-Key': encodeHeader(password) }),
    'X-ClickHouse-Database': encodeHeader(String(config.database ?? 'default')),
  }

  function send(
    { sql, settings = {}, signal, queryId, quick = false }: Statement,
    body: AsyncIterable<Uint8Array> | null,
  ): Promise<IncomingMessage> {
    const query = new URLSearchParams(always)
    for (const [name, value] of Object.entries(settings)) query.set(name, String(value))
    query.set('query_id', queryId ?? randomUUID())
    if (body) query.set('query', sql)
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const begin = (retried: boolean) => {
      const request = (secure ? httpsRequest : httpRequest)(
        { host, port, agent, method: 'POST', path: `/?${query}`, headers, ...(signal ? { signal } : {}) },
        resolve,
      )
      if (connecting > 0) {
        const late = setTimeout(() => {
          const error = new Error(`No ${quick ? 'answer' : 'connection'} within ${connecting / 1000} s`)
          request.destroy(Object.assign(error, { code: 'ETIMEDOUT' }))
        }, connecting)
        const inTime = () => clearTimeout(late)
        request.once('response', inTime).once('close', inTime)
        if (!quick) {
          request.once('socket', (socket) => {
            if (socket.connecting) socket.once(secure ? 'secureConnect' : 'connect', inTime)
            else inTime()
          })
        }
      }
      // A peer that is gone without a word is noticed within minutes, however long a statement runs.
      request.once('socket', (socket) => socket.setKeepAlive(true, 30_000))
      request.on('error', (error: NodeJS.ErrnoException) => {
        // A kept connection may be closed by the server in the very moment in which it is used again.
        if (!retried && body === null && request.reusedSocket && error.code === 'ECONNRESET') begin(true)
        else reject(error)
      })
      request.once('response', (response) => {
        // Else the rest of what a refused insert sends would still be read and sent.
        if (body && response.statusCode !== 200) response.once('end', () => request.destroy())
      })
      if (body) pipeline(Readable.from(body, { objectMode: true, highWaterMark: 1 }), request).catch(reject)
      else request.end(sql)
    }
    begin(false)
    return promise
  }

  async function answered(statement: Statement, body: AsyncIterable<Uint8Array> | null): Promise<IncomingMessage> {
    statement.signal?.throwIfAborted()
    const response = await send(statement, body).catch((error: unknown) => {
      statement.signal?.throwIfAborted()
      throw connectionError(error, context)
    })
    const status = response.statusCode ?? 0
    if (status === 200 && response.headers['x-clickhouse-exception-code'] === undefined) return response
    throw serverError(await textOf(response).catch(() => ''), status, context)
  }

  async function whole(statement: Statement, body: AsyncIterable<Uint8Array> | null) {
    const settings = { ...statement.settings, wait_end_of_query: 1 }
    const response = await answered({ ...statement, settings }, body)
    const text = await textOf(response).catch((error: unknown) => {
      statement.signal?.throwIfAborted()
      throw connectionError(error, context)
    })
    return { text, written: writtenRows(response) }
  }

  return {
    context,
    failure: (error) => connectionError(error, context),
    stream: (statement) => answered(statement, null),
    run: (statement) => whole(statement, null),
    async insert(insert) {
      let failure: { error: unknown } | null = null
      async function* watched() {
        try {
          yield* insert.bytes
        } catch (error) {
          // The request then fails too; what made it fail is this.
          failure = { error }
          throw error
        }
      }
      try {
        return (await whole(insert, watched())).written
      } catch (error) {
        insert.signal?.throwIfAborted()
        throw failure ? (failure as { error: unknown }).error : error
      }
    },
    async kill(queryId) {
      await whole({ sql: `KILL QUERY WHERE query_id = '${queryId}' SYNC`, quick: true }, null).catch(() => {})
    },
    close: () => agent.destroy(),
  }
}

/** Node sends header texts as Latin-1; the server reads them as UTF-8. */
function encodeHeader(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

function authority(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new ConfigError('FILE_NOT_READABLE', {
      message: `The file of the certificate authority "${path}" cannot be read. Check the path and its permissions.`,
      cause,
    })
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

function writtenRows(response: IncomingMessage): number {
  try {
    const summary = JSON.parse(String(response.headers['x-clickhouse-summary'] ?? '{}')) as { written_rows?: string }
    return Number(summary.written_rows ?? 0)
  } catch {
    return 0
  }
}
