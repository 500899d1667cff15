import { promisify } from 'node:util'
import { constants, gzip, zstdCompress } from 'node:zlib'

export type Compression = 'none' | 'gzip' | 'zstd'

export interface Compressor {
  /**
   * Takes `bytes`, which the caller may use again as soon as the promise is settled, and hands out
   * what is compressed by now, in order. Waits when too much is on its way.
   */
  write(bytes: Uint8Array): Promise<Uint8Array[]>
  /**
   * The rest. What was handed out is then a complete sequence of gzip members or zstd frames, one
   * of them empty when nothing was written, since a file of no bytes is not valid; the compressor can start over.
   */
  end(): Promise<Uint8Array[]>
}

export interface CompressorOptions {
  /** Default 1 for zstd, 6 is the greatest sensible for gzip and 3 its default. */
  readonly level?: number
}

/** Each block becomes a member or frame of its own: large enough for the ratio, small enough to work in parallel. */
const blockBytes = 1 << 20

/** The thread pool has four threads; one block more keeps them busy while the caller writes. */
const blocksInFlight = 5

/**
 * Compresses in blocks on the thread pool. Since gzip members and zstd frames may be joined freely,
 * the outputs of many compressors make one valid file.
 */
export function createCompressor(kind: Compression, options: CompressorOptions = {}): Compressor {
  if (kind === 'none') return { write: async (bytes) => [bytes], end: async () => [] }
  return new BlockCompressor(kind === 'gzip' ? gzipBlock(options.level ?? 3) : zstdBlock(options.level ?? 1))
}

/** The whole stream through one compressor. */
export async function* compress(
  source: AsyncIterable<Uint8Array>,
  kind: Compression,
  options: CompressorOptions = {},
): AsyncGenerator<Uint8Array> {
  const compressor = createCompressor(kind, options)
  for await (const bytes of source) yield* await compressor.write(bytes)
  yield* await compressor.end()
}

type CompressBlock = (block: Buffer) => Promise<Uint8Array>

function gzipBlock(level: number): CompressBlock {
  const run = promisify<Buffer, object, Buffer>(gzip)
  return (block) => run(block, { level, chunkSize: blockBytes / 2 })
}

function zstdBlock(level: number): CompressBlock {
  const run = promisify<Buffer, object, Buffer>(zstdCompress)
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 }
  return (block) => run(block, { params, chunkSize: blockBytes / 2 })
}

interface Flight {
  readonly result: Promise<Uint8Array>
  done: boolean
}

class BlockCompressor implements Compressor {
  readonly #compress: CompressBlock
  readonly #free: Buffer[] = []
  #block: Buffer | null = null
  #length = 0
  #written = false
  #flights: Flight[] = []

  constructor(compressBlock: CompressBlock) {
    this.#compress = compressBlock
  }

  async write(bytes: Uint8Array): Promise<Uint8Array[]> {
    const ready: Uint8Array[] = []
    for (let taken = 0; taken < bytes.length; ) {
      this.#block ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(blockBytes)
      const size = Math.min(bytes.length - taken, blockBytes - this.#length)
      this.#block.set(bytes.subarray(taken, taken + size), this.#length)
      this.#length += size
      taken += size
      if (this.#length < blockBytes) break
      this.#send()
      while (this.#flights.length > 0 && (this.#flights.length >= blocksInFlight || this.#flights[0]?.done)) {
        ready.push(await this.#land())
      }
    }
    return ready
  }

  async end(): Promise<Uint8Array[]> {
    if (this.#length > 0 || !this.#written) this.#send()
    this.#written = false
    const ready: Uint8Array[] = []
    while (this.#flights.length > 0) ready.push(await this.#land())
    return ready
  }

  #send(): void {
    const block = this.#block ?? Buffer.alloc(0)
    const flight: Flight = { result: this.#compress(block.subarray(0, this.#length)), done: false }
    const land = () => {
      flight.done = true
      if (block.length > 0) this.#free.push(block)
    }
    // The result itself is awaited in order; a failure shows there.
    flight.result.then(land, land)
    this.#flights.push(flight)
    this.#block = null
    this.#length = 0
    this.#written = true
  }

  async #land(): Promise<Uint8Array> {
    const [flight] = this.#flights
    const bytes = await (flight as Flight).result
    this.#flights.shift()
    return bytes
  }
}
