import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import zlib from 'node:zlib'
import { byteStream, quiet } from '../streams.ts'

/** The beginning of a stream, and the stream with it. `whole` when there is no more than the beginning. */
export interface Peeked {
  readonly head: Buffer
  readonly whole: boolean
  readonly all: Readable
}

export async function peek(source: Readable, wantedBytes: number): Promise<Peeked> {
  const chunks: Buffer[] = []
  let size = 0
  const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let whole = false
  while (size < wantedBytes) {
    const next = await iterator.next()
    if (next.done === true) {
      whole = true
      break
    }
    chunks.push(next.value)
    size += next.value.length
  }
  const head = Buffer.concat(chunks)
  const parts = async function* () {
    if (head.length > 0) yield head
    if (!whole) yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return { head, whole, all: byteStream(parts()) }
}

/** Files may be compressed, whatever their names say. */
export async function uncompressed(source: Readable): Promise<Readable> {
  const { head, all } = await peek(source, 2)
  if (head[0] !== 0x1f || head[1] !== 0x8b) return all
  const decoder = zlib.createGunzip()
  all.once('error', (error) => decoder.destroy(error))
  return quiet(all.pipe(decoder))
}

export function without(source: Readable, bytes: number): Readable {
  let left = bytes
  const parts = async function* () {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      const rest = left === 0 ? chunk : chunk.subarray(left)
      left = Math.max(0, left - chunk.length)
      if (rest.length > 0) yield rest
    }
  }
  return byteStream(parts())
}

/**
 * Passes a stream on while it is written to a file. What the reader leaves is still written:
 * `kept` resolves when the file holds all of it.
 */
export function keep(source: Readable, path: string): { readonly stream: Readable; readonly kept: Promise<number> } {
  const file = createWriteStream(path, { mode: 0o600 })
  let size = 0
  let settle: { readonly resolve: (size: number) => void; readonly reject: (error: unknown) => void }
  const kept = new Promise<number>((resolve, reject) => {
    settle = { resolve, reject }
  })
  kept.catch(() => {})
  file.on('error', (error) => settle.reject(error))
  const parts = async function* () {
    try {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        size += chunk.length
        if (!file.write(chunk)) await new Promise<void>((resolve) => file.once('drain', () => resolve()))
        yield chunk
      }
      file.end()
      await finished(file)
      settle.resolve(size)
    } catch (error) {
      file.destroy()
      settle.reject(error)
      throw error
    }
  }
  return { stream: byteStream(parts()), kept }
}
