import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import zlib from 'node:zlib'
import { EngineError } from '../engine/engine-error.ts'
import type { Outcome } from '../engine/messages.ts'
import { statusOf } from './status.ts'

/** A result that fails within its first bytes is answered with a status of its own. */
const heldBytes = 1024 * 1024

export function sendError(response: ServerResponse, error: unknown, version: string): void {
  const code = error instanceof EngineError ? error.code : 1000
  const message = error instanceof Error ? error.message : String(error)
  const text = `${message}${error instanceof EngineError ? ` (version ${version})` : ''}\n`
  response.statusCode = statusOf(code)
  if (response.statusCode === 401) response.setHeader('WWW-Authenticate', 'Basic realm="ClickHouse"')
  response.setHeader('X-ClickHouse-Exception-Code', `${code}`)
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  response.end(text)
}

export function setSummary(response: ServerResponse, outcome: Outcome | null): void {
  const { rowsRead = 0, bytesRead = 0, rowsWritten = 0, bytesWritten = 0, seconds = 0 } = outcome ?? {}
  const summary = {
    read_rows: rowsRead,
    read_bytes: bytesRead,
    written_rows: rowsWritten,
    written_bytes: bytesWritten,
    total_rows_to_read: rowsRead,
    result_rows: rowsWritten,
    result_bytes: bytesWritten,
    elapsed_ns: Math.round(seconds * 1e9),
  }
  const texts = Object.fromEntries(Object.entries(summary).map(([name, value]) => [name, `${value}`]))
  response.setHeader('X-ClickHouse-Summary', JSON.stringify(texts))
}

/**
 * Hands on a result while it is made. What fails after the first bytes are out ends with ClickHouse's
 * exception block, and with a connection that breaks off, so that no client takes it for complete.
 */
export async function sendResult(
  request: IncomingMessage,
  response: ServerResponse,
  result: { readonly stream: Readable; readonly outcome: Promise<Outcome> },
  options: {
    /** Keeps the whole result before any of it is sent. */
    readonly wait: boolean
    readonly version: string
    /** Compresses for a client that accepts it, without having been asked by a parameter. */
    readonly compress: boolean
  },
): Promise<void> {
  const { outcome } = result
  outcome.catch(() => {})
  const stream = options.wait ? await complete(result) : result.stream
  const held: Buffer[] = []
  let size = 0
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let next = await iterator.next()
  for (; next.done !== true; next = await iterator.next()) {
    held.push(next.value)
    size += next.value.length
    if (size > heldBytes) break
  }
  setSummary(response, next.done === true ? await outcome : null)
  const tag = randomBytes(8).toString('hex')
  response.setHeader('X-ClickHouse-Exception-Tag', tag)
  const parts = async function* () {
    yield* held
    if (next.done !== true) yield* { [Symbol.asyncIterator]: () => iterator }
  }
  const encoder = options.compress ? encoderFor(request) : null
  if (encoder !== null) response.setHeader('Content-Encoding', encoder.name)
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  const out: Writable = encoder?.stream ?? response
  const sent = encoder === null ? undefined : pipeline(encoder.stream, response, { end: false })
  // It fails when the client goes away, which may be before anybody waits for it.
  sent?.catch(() => {})
  for await (const part of parts()) {
    if (response.destroyed) break
    if (!out.write(part)) await flowing(out, response)
  }
  if (response.destroyed) {
    stream.destroy()
    return
  }
  try {
    await outcome
    out.end()
    await sent
    response.end()
  } catch (error) {
    const message = `${(error as Error).message} (version ${options.version})\n`
    const block = `\r\n__exception__\r\n${tag}\r\n${message}${Buffer.byteLength(message)} ${tag}\r\n__exception__\r\n`
    if (encoder === null) await new Promise((resolve) => response.write(block, resolve))
    else encoder.stream.end(block)
    await sent?.catch(() => {})
    response.socket?.end()
  }
}

/** The result in a file, whose name is gone already. Fails as the statement does. */
async function complete({ stream, outcome }: { readonly stream: Readable; readonly outcome: Promise<Outcome> }) {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-result-'))
  try {
    const path = join(folder, 'result')
    await pipeline(stream, createWriteStream(path, { mode: 0o600 }))
    await outcome
    const file = await open(path)
    return file.createReadStream()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function encoderFor(request: IncomingMessage) {
  const accepted = `${request.headers['accept-encoding'] ?? ''}`
  if (/\bgzip\b/.test(accepted)) return { name: 'gzip', stream: zlib.createGzip({ level: 3 }) }
  if (/\bdeflate\b/.test(accepted)) return { name: 'deflate', stream: zlib.createDeflate({ level: 3 }) }
  return null
}

function flowing(out: Writable, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      out.off('drain', done)
      response.off('close', done)
      resolve()
    }
    out.on('drain', done)
    response.on('close', done)
  })
}
