import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { decoded } from '../clickhouse/body.ts'
import { byteStream } from '../streams.ts'
import { ApiError } from './api-error.ts'
import { readMultipart } from './multipart.ts'

export interface Incoming {
  readonly method: string
  readonly path: readonly string[]
  /** Of the URL and, once it is read, of the body. */
  readonly parameters: URLSearchParams
  readonly contentType: string
  readonly request: IncomingMessage
  readonly signal: AbortSignal
}

export interface BodyLimits {
  readonly body: number
  readonly upload: number
  readonly events: number
}

export interface Upload {
  readonly fileName: string | null
  readonly stream: Readable
}

/** The data in the body, if there is any; fields of a form are added to the parameters. */
export async function readUpload(incoming: Incoming, limits: BodyLimits): Promise<Upload | null> {
  const { request, contentType, parameters } = incoming
  if (contentType.startsWith('multipart/form-data')) {
    return readMultipart(limited(request, limits.upload), contentType, parameters)
  }
  if (contentType.startsWith('application/x-www-form-urlencoded')) {
    for (const [name, value] of new URLSearchParams(await readText(incoming, limits.body))) parameters.set(name, value)
    return null
  }
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if (encoding === undefined && (length === undefined || length === '0')) return null
  return { fileName: null, stream: limited(request, limits.body) }
}

export async function readText(incoming: Incoming, limit: number): Promise<string> {
  return Buffer.concat(await limited(incoming.request, limit).toArray()).toString()
}

/** The body without its Content-Encoding. @throws ApiError 413 while it is read, or at once when it says so itself. */
export function limited(request: IncomingMessage, limit: number): Readable {
  const tooLarge = () =>
    new ApiError(
      413,
      `The request is too large: at most ${limit} bytes are taken here. Send less at once, or a multipart upload.`,
    )
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge()
  let size = 0
  const parts = async function* () {
    for await (const chunk of decoded(request) as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > limit) throw tooLarge()
      yield chunk
    }
  }
  return byteStream(parts())
}
