import type { Duplex } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { DataError, isMillraceError } from '@millrace/core'
import type { Compression } from './compressor.ts'
import { ZstdFrames } from './zstd-frames.ts'

const outputBytes = 1 << 18

/**
 * Reads any number of gzip members or zstd frames in a row, none included.
 *
 * @throws DataError `COMPRESSED_FILE_DAMAGED` when the file is cut off or is something else
 */
export async function* decompress(source: AsyncIterable<Uint8Array>, kind: Compression): AsyncGenerator<Uint8Array> {
  if (kind === 'none') yield* source
  else if (kind === 'gzip') yield* through(source, createGunzip({ chunkSize: outputBytes }))
  else yield* zstdFrames(source)
}

async function* zstdFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = source[Symbol.asyncIterator]()
  const frames = new ZstdFrames()
  let chunk: Uint8Array = Buffer.alloc(0)
  let at = 0

  async function more(): Promise<boolean> {
    while (at === chunk.length) {
      const next = await input.next()
      if (next.done) return false
      chunk = next.value
      at = 0
    }
    return true
  }

  async function* frame(): AsyncGenerator<Uint8Array> {
    do {
      const from = at
      at = frames.take(chunk, from)
      yield chunk.subarray(from, at)
    } while (!frames.between && (await more()))
    if (!frames.between) throw damaged('it is cut off')
  }

  try {
    while (await more()) yield* through(frame(), createZstdDecompress({ chunkSize: outputBytes }))
  } finally {
    await input.return?.()
  }
}

async function* through(source: AsyncIterable<Uint8Array>, stream: Duplex): AsyncGenerator<Uint8Array> {
  const feeding = feed(source, stream)
  try {
    for await (const bytes of stream) yield bytes as Uint8Array
  } catch (error) {
    if (isMillraceError(error) || !isZlibError(error)) throw error
    throw damaged((error as Error).message, error)
  } finally {
    await feeding
  }
}

/** Waits for each chunk to be consumed, since the source may use its buffer again. Failures are the stream's to show. */
async function feed(source: AsyncIterable<Uint8Array>, stream: Duplex): Promise<void> {
  // A stream that fails does not call back the write that made it fail.
  let abandon = (_: Error) => {}
  stream.once('close', () => abandon(new Error('closed')))
  let empty = true
  try {
    for await (const bytes of source) {
      if (bytes.length === 0) continue
      empty = false
      await new Promise<void>((resolve, reject) => {
        abandon = reject
        if (stream.destroyed) reject(new Error('closed'))
        else stream.write(bytes, (error) => (error ? reject(error) : resolve()))
      })
    }
    if (empty) stream.push(null)
    else stream.end()
  } catch (error) {
    stream.destroy(error as Error)
  }
}

function isZlibError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^(Z_|ZSTD_)/.test(code)
}

function damaged(reason: string, cause?: unknown): DataError {
  return new DataError('COMPRESSED_FILE_DAMAGED', {
    message: `The compressed file cannot be read: ${reason}. Make it again, or check that it was transferred whole.`,
    cause,
  })
}
