import { createReadStream } from 'node:fs'
import { DataError } from '@millrace/core'

/** What a request sends. `open` is called for each attempt and has to begin anew. */
export interface RequestBody {
  readonly contentType: string
  readonly contentEncoding?: 'gzip'
  /** Bytes; null when nobody knows before the end, then it is sent in HTTP chunks. */
  readonly length: number | null
  open(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

export function bytesBody(data: Uint8Array | string, contentType: string): RequestBody {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  return { contentType, length: bytes.byteLength, open: () => [bytes] }
}

export function formBody(fields: Readonly<Record<string, string | undefined>>): RequestBody {
  return bytesBody(String(searchParams(fields)), 'application/x-www-form-urlencoded')
}

/** Leaves out what is undefined. */
export function searchParams(fields: Readonly<Record<string, string | undefined>>): URLSearchParams {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) params.set(name, value)
  return params
}

/**
 * Exactly `length` bytes of a file: what is appended while it is read stays out.
 *
 * @throws DataError TINYBIRD_FILE_CHANGED when it became shorter
 */
export async function* fileBytes(path: string, length: number): AsyncGenerator<Uint8Array> {
  if (length === 0) return
  let read = 0
  for await (const chunk of createReadStream(path, { end: length - 1, highWaterMark: 256 * 1024 })) {
    read += chunk.byteLength
    yield chunk
  }
  if (read < length) {
    throw new DataError('TINYBIRD_FILE_CHANGED', {
      message: `The file ${path} became shorter while it was sent: ${read} of ${length} bytes. Load it again when nobody writes it.`,
    })
  }
}
