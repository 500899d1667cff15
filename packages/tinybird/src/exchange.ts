import { type ClientRequest, type Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { type Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { pipeline } from 'node:stream'
import { text } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'
import type { RequestBody } from './request-body.ts'

export interface Agents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

export interface Timeouts {
  readonly connectMs: number
  /** The longest time in which the server takes no byte of the body. */
  readonly writeMs: number
  /**
   * From the first byte to the last of the answer, and from the last byte of a body whose length nobody knows: that
   * takes as long as its source does. There is no other limit for reading: an import answers when it is done.
   */
  readonly deadlineMs: number
}

export interface Exchange {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: RequestBody | null
  readonly signal: AbortSignal | undefined
  readonly timeouts: Timeouts
}

export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The whole body, decompressed. */
  readonly text: string
}

/** One of our own timeouts, told apart from what the network reports. */
export class ExchangeTimeout extends Error {
  override readonly name = 'ExchangeTimeout'
  readonly limit: keyof Timeouts

  constructor(limit: keyof Timeouts, message: string) {
    super(message)
    this.limit = limit
  }
}

/** The body could not be read; its cause is what the one who reads it has thrown. */
export class BodyFailure extends Error {
  override readonly name = 'BodyFailure'
}

const sliceBytes = 256 * 1024
const longestTimerMs = 2 ** 31 - 1

/**
 * One request and its answer, without redirects or retries. The body is read no faster than the server takes it, and no
 * further once the server answered with anything but success.
 *
 * @throws the signal's reason, BodyFailure, ExchangeTimeout, or the network's error
 */
export async function exchange(exchange: Exchange, agents: Agents): Promise<Answer> {
  const { method, url, body, signal, timeouts } = exchange
  signal?.throwIfAborted()
  const secure = url.protocol === 'https:'
  const options = { method, headers: { ...exchange.headers, ...headersOf(body) } }
  const message = secure
    ? requestHttps(url, { ...options, agent: agents.https })
    : requestHttp(url, { ...options, agent: agents.http })

  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => {})
  const response = Promise.withResolvers<IncomingMessage>()
  message.once('response', response.resolve)
  // After the response these change nothing: its own stream then tells what happens to the connection.
  message.on('error', response.reject)
  message.on('close', () => response.reject(new Error('The connection was closed before there was an answer.')))

  const abort = () => failure.reject(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  const streams = body !== null && body.length === null
  let deadline = streams ? undefined : timeout('deadlineMs', timeouts, failure.reject)
  let over = false
  limitConnecting(message, secure, timeouts, failure.reject)

  const refused = new AbortController()
  let sent = false
  const sending = send(message, body, timeouts, refused.signal).then(
    () => {
      sent = true
      if (streams && !over) deadline = timeout('deadlineMs', timeouts, failure.reject)
    },
    (error) => {
      if (!refused.signal.aborted) failure.reject(error)
    },
  )
  try {
    const answer = await Promise.race([response.promise, failure.promise])
    const status = answer.statusCode ?? 0
    if (status >= 300 && !sent) refused.abort()
    const content = await Promise.race([contentOf(answer), failure.promise])
    // Also when the server has refused: the next attempt opens the body again, and it should be closed by then.
    await Promise.race([sending, failure.promise])
    if (refused.signal.aborted) message.destroy()
    return { status, headers: flat(answer.headers), text: content }
  } catch (error) {
    refused.abort()
    message.destroy()
    throw error
  } finally {
    over = true
    clearTimeout(deadline)
    signal?.removeEventListener('abort', abort)
  }
}

/** Returns early, without ending the request, when the server has refused it. */
async function send(message: ClientRequest, body: RequestBody | null, timeouts: Timeouts, refused: AbortSignal) {
  for await (const chunk of body === null ? [] : read(body)) {
    for (let start = 0; start < chunk.byteLength && !refused.aborted; start += sliceBytes) {
      await write(message, chunk.subarray(start, start + sliceBytes), timeouts, refused)
    }
    if (refused.aborted) return
  }
  message.end()
}

async function* read(body: RequestBody): AsyncGenerator<Uint8Array> {
  try {
    yield* body.open()
  } catch (cause) {
    throw new BodyFailure('The data to send could not be read.', { cause })
  }
}

/** Resolves when the system has taken the bytes, so that whoever made the chunk may use its memory again. */
function write(message: ClientRequest, slice: Uint8Array, timeouts: Timeouts, refused: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error | null) => {
      clearTimeout(timer)
      message.off('close', closed)
      refused.removeEventListener('abort', stop)
      if (error) reject(error)
      else resolve()
    }
    const closed = () => settle(new Error('The connection was closed while data was sent.'))
    const stop = () => settle()
    const timer = timeout('writeMs', timeouts, settle)
    message.once('close', closed)
    refused.addEventListener('abort', stop)
    message.write(slice, settle)
  })
}

function limitConnecting(
  message: ClientRequest,
  secure: boolean,
  timeouts: Timeouts,
  fail: (error: Error) => void,
): void {
  message.once('socket', (socket) => {
    if (!socket.connecting) return
    const timer = timeout('connectMs', timeouts, fail)
    const done = () => clearTimeout(timer)
    socket.once(secure ? 'secureConnect' : 'connect', done).once('close', done)
  })
}

const passed = {
  connectMs: 'There was no connection',
  writeMs: 'The server took no data',
  deadlineMs: 'The answer was not complete',
}

function timeout(limit: keyof Timeouts, timeouts: Timeouts, fail: (error: Error) => void): NodeJS.Timeout | undefined {
  const ms = timeouts[limit]
  if (ms > longestTimerMs) return undefined
  return setTimeout(() => fail(new ExchangeTimeout(limit, `${passed[limit]} after ${ms / 1000} s.`)), ms)
}

function headersOf(body: RequestBody | null): Record<string, string> {
  if (body === null) return {}
  return {
    'content-type': body.contentType,
    ...(body.contentEncoding === undefined ? {} : { 'content-encoding': body.contentEncoding }),
    ...(body.length === null ? {} : { 'content-length': String(body.length) }),
  }
}

async function contentOf(answer: IncomingMessage): Promise<string> {
  if (!/\bgzip\b/i.test(answer.headers['content-encoding'] ?? '')) return await text(answer)
  // What goes wrong reaches the reader through the last stream.
  return await text(pipeline(answer, createGunzip(), () => {}))
}

function flat(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )
}
