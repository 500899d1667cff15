import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import type { ParquetCompression } from './physical.ts'

const zstd = promisify(zstdCompress)

/** Raw bytes that may wait for or be in compression at once; bounds memory and keeps two threads busy. */
const largestBacklog = 12 * 1024 * 1024
const params = { [constants.ZSTD_c_compressionLevel]: 1 }
const pooledSize = 1280 * 1024

/**
 * Compresses pages on the thread pool while the caller decodes the next block. Page buffers come
 * from here and go back by themselves.
 */
export class PageCompressor {
  readonly compression: ParquetCompression
  #free: Buffer[] = []
  #backlog = 0
  #pending = new Set<Promise<unknown>>()

  constructor(compression: ParquetCompression) {
    this.compression = compression
  }

  get full(): boolean {
    return this.#backlog > largestBacklog
  }

  /** A buffer of at least `size` bytes with any content. */
  take(size: number): Buffer {
    return size > pooledSize ? Buffer.allocUnsafeSlow(size) : (this.#free.pop() ?? Buffer.allocUnsafeSlow(pooledSize))
  }

  /** Resolves to the compressed form of the first `length` bytes of a buffer from `take`, which then belongs to the compressor. */
  compress(buffer: Buffer, length: number): Promise<Uint8Array> {
    this.#backlog += length
    const page = buffer.subarray(0, length)
    const compressed = this.#compress(page).finally(() => {
      this.#backlog -= length
      this.#pending.delete(compressed)
      if (buffer.length === pooledSize && this.#free.length < 12) this.#free.push(buffer)
    })
    this.#pending.add(compressed)
    // Whoever assembles the row group sees the failure; until then it is not unhandled.
    compressed.catch(() => {})
    return compressed
  }

  /** Waits until there is room for more. */
  async drained(): Promise<void> {
    while (this.full) await Promise.race(this.#pending)
  }

  async #compress(page: Buffer): Promise<Uint8Array> {
    if (this.compression === 'none') return Buffer.from(page)
    if (this.compression === 'snappy') return (await import('snappy')).compress(page)
    const compressed = await zstd(page, { chunkSize: Math.max(4096, page.length), params })
    // The result is the beginning of a buffer of chunkSize bytes, which would live as long as it.
    return Buffer.from(compressed)
  }
}
