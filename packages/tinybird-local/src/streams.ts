import { Readable } from 'node:stream'

/**
 * A stream of bytes whose failure reaches whoever reads it, and nobody else: an upload that breaks off
 * while it is not being read must not end the server.
 */
export function byteStream(parts: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>): Readable {
  return quiet(Readable.from(parts, { objectMode: false }))
}

export function quiet<T extends Readable>(stream: T): T {
  return stream.on('error', () => {}) as T
}
