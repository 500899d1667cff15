import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { type FreeSlabs, PageStore } from './page-store.ts'
import type { ParquetCompression } from './physical.ts'

const zstd = promisify(zstdCompress)

/** Raw bytes that may wait for or be in compression at once; bounds memory and keeps two threads busy. */
const largestBacklog = 6 * 1024 * 1024
const pooledBytes = 640 * 1024
const mostPooled = 12
/** Every compression under way has a context of some megabytes; one thread keeps up with one decoder. */
const mostRunning = 2
/** zstd's output grows by pieces of this size; one for a whole page would mostly stay empty. */
const outputChunk = 256 * 1024
const params = { [constants.ZSTD_c_compressionLevel]: 1 }

/**
 * Compresses pages on the thread pool while the caller decodes the next block. Page buffers come
 * from here and go back by themselves.
 */
export class PageCompressor {
  readonly compression: ParquetCompression
  readonly #freeSlabs: FreeSlabs = []
  #store = new PageStore(this.#freeSlabs)
  #freePages: Buffer[] = []
  #backlog = 0
  #pending = new Set<Promise<unknown>>()
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(compression: ParquetCompression) {
    this.compression = compression
  }

  get full(): boolean {
    return this.#backlog > largestBacklog
  }

  /** A buffer of at least `size` bytes with any content. */
  take(size: number): Buffer {
    if (size > pooledBytes) return Buffer.allocUnsafeSlow(size)
    return this.#freePages.pop() ?? Buffer.allocUnsafeSlow(pooledBytes)
  }

  /**
   * Resolves to the compressed form of the first `length` bytes of a buffer from `take`, which then
   * belongs to the compressor. The result belongs to the current row group's store.
   */
  compress(buffer: Buffer, length: number): Promise<Uint8Array> {
    this.#backlog += length
    const store = this.#store
    const compressed = this.#compress(buffer.subarray(0, length), store).finally(() => {
      const next = this.#waiting.shift()
      // The place goes to the next page, or is free.
      if (next) next()
      else this.#running--
      this.#backlog -= length
      this.#pending.delete(compressed)
      if (buffer.length === pooledBytes && this.#freePages.length < mostPooled) this.#freePages.push(buffer)
    })
    this.#pending.add(compressed)
    // Whoever assembles the row group sees the failure; until then it is not unhandled.
    compressed.catch(() => {})
    return compressed
  }

  /** Begins the next row group; the caller releases the store when it has joined the last one's pages. */
  nextStore(): PageStore {
    const store = this.#store
    this.#store = new PageStore(this.#freeSlabs)
    return store
  }

  /** Waits until there is room for more. */
  async drained(): Promise<void> {
    while (this.full) await Promise.race(this.#pending)
  }

  async #compress(page: Buffer, store: PageStore): Promise<Uint8Array> {
    if (this.#running < mostRunning) this.#running++
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    if (this.compression === 'none') return store.keep(page)
    if (this.compression === 'snappy') {
      const snappy = await import('snappy')
      // Not on the thread pool: the buffers of its asynchronous calls stay until the collector
      // happens to come by, which does not see their size.
      return store.keep(snappy.compressSync(page, { copyOutputData: true }))
    }
    return store.keep(await zstd(page, { chunkSize: Math.min(Math.max(1024, page.length), outputChunk), params }))
  }
}
