import { FatalError } from '@millrace/core'
import type { RowEncoder } from '../encoder.ts'
import type { Column } from '../logical-type.ts'
import type { ColumnChunkIndex, Piece } from '../piece.ts'
import type { LossLedger, UnrepresentablePolicy } from '../policy.ts'
import type { RowBlock } from '../row-block.ts'
import { assembleChunk, type ClosedChunk, ColumnChunkWriter } from './column-chunk-writer.ts'
import type { ColumnDecoder } from './column-decoder.ts'
import { PageCompressor } from './page-compressor.ts'
import type { ParquetCompression } from './physical.ts'
import { parquetSchema } from './schema.ts'
import { textDecoders } from './text-decoders.ts'

export interface ParquetEncoderOptions {
  readonly columns: readonly Column[]
  /** How the cells of each column are read. Default: as canonical text. */
  readonly decoders?: readonly ColumnDecoder[]
  /** Default `zstd`, level 1. */
  readonly compression?: ParquetCompression
  /** Rows in a row group at most. Default 131,072; a row group also ends at about 32 MB of values. */
  readonly rowGroupRows?: number
  readonly ledger: LossLedger
  /** Default `error`. */
  readonly policy?: UnrepresentablePolicy
  /** Infinite dates and timestamps, and the time 24:00:00, are written as DuckDB stores them. Default false. */
  readonly infinityAsExtremes?: boolean
}

const pageBytes = 512 * 1024
const rowGroupBytes = 32 * 1024 * 1024

/**
 * Encodes rows as Parquet row groups, one per piece. Pages are compressed on the thread pool as
 * they fill, and a row group is handed out by a later call than the one that filled it.
 */
export function createParquetEncoder(options: ParquetEncoderOptions): RowEncoder {
  const { columns, ledger, policy = 'error', infinityAsExtremes = false } = options
  const rowGroupRows = Math.max(1, options.rowGroupRows ?? 131_072)
  const decoders = options.decoders ?? textDecoders(columns)
  const compressor = new PageCompressor(options.compression ?? 'zstd')
  const valuePolicy = { policy, ledger, infinityAsExtremes }
  const writers = parquetSchema(columns).map((leaf) => new ColumnChunkWriter(leaf, valuePolicy, compressor))
  let rows = 0
  const buffers = new PieceBuffers()
  /** The row group that was filled last, until it is handed out. */
  let closing: Promise<Piece> | null = null
  let assembled = false

  function decode(block: RowBlock, from: number, to: number): void {
    for (let column = 0; column < writers.length; column++) {
      const writer = writers[column] as ColumnChunkWriter
      const decoder = decoders[column] as ColumnDecoder
      decoder(block, column, from, to, writer.builder)
      if (writer.builder.size >= pageBytes) writer.flushPage()
    }
    rows += to - from
  }

  function startClosing(): void {
    const chunks = writers.map((writer) => writer.close())
    const store = compressor.nextStore()
    const piece = assembleRowGroup(rows, chunks, compressor, buffers).finally(() => store.release())
    closing = piece
    assembled = false
    // A failure shows when the piece is taken.
    piece.then(
      () => {
        assembled = true
      },
      () => {
        assembled = true
      },
    )
    rows = 0
  }

  const isFull = () => rows >= rowGroupRows || writers.reduce((sum, writer) => sum + writer.size, 0) >= rowGroupBytes

  async function takeClosed(): Promise<Piece[]> {
    if (!closing) return []
    const piece = await closing
    closing = null
    assembled = false
    buffers.hand(piece.bytes)
    return [piece]
  }

  return {
    async encode(block) {
      if (block.columnCount !== columns.length) {
        throw new FatalError('COLUMN_COUNT_MISMATCH', {
          message: `A block of ${block.columnCount} columns came to a Parquet file of ${columns.length}. This is a defect in the source's reader.`,
        })
      }
      buffers.recycle()
      const pieces = assembled ? await takeClosed() : []
      let from = 0
      while (from < block.rowCount) {
        const to = Math.min(block.rowCount, from + rowGroupRows - rows)
        decode(block, from, to)
        from = to
        if (isFull()) {
          pieces.push(...(await takeClosed()))
          startClosing()
        }
        if (compressor.full) await compressor.drained()
      }
      return pieces
    },
    async finish() {
      buffers.recycle()
      const pieces = await takeClosed()
      if (rows > 0) {
        startClosing()
        pieces.push(...(await takeClosed()))
      }
      return pieces
    },
  }
}

/** A piece's bytes are the caller's until its next call; then they hold another row group. */
class PieceBuffers {
  #free: Buffer[] = []
  readonly #handed: Buffer[] = []

  take(size: number): Buffer {
    const fitting = this.#free.find((buffer) => buffer.length >= size)
    this.#free = this.#free.filter((buffer) => buffer !== fitting && buffer.length >= size)
    // A little more, as the next row group will hardly be smaller.
    return fitting ?? Buffer.allocUnsafeSlow(Math.ceil(size * 1.1))
  }

  hand(bytes: Uint8Array): void {
    this.#handed.push(Buffer.from(bytes.buffer))
  }

  recycle(): void {
    this.#free.push(...this.#handed)
    this.#handed.length = 0
  }
}

async function assembleRowGroup(
  rows: number,
  chunks: readonly ClosedChunk[],
  compressor: PageCompressor,
  buffers: PieceBuffers,
): Promise<Piece> {
  const parts: Uint8Array[] = []
  const columns: ColumnChunkIndex[] = []
  let totalCompressedSize = 0
  let totalByteSize = 0
  for (const chunk of chunks) {
    const assembled = await assembleChunk(chunk, totalCompressedSize, compressor)
    for (const part of assembled.parts) parts.push(part)
    columns.push(assembled.index)
    totalCompressedSize += assembled.index.compressedSize
    totalByteSize += assembled.index.uncompressedSize
  }
  const buffer = buffers.take(totalCompressedSize)
  let end = 0
  for (const part of parts) {
    buffer.set(part, end)
    end += part.length
  }
  return { bytes: buffer.subarray(0, end), rows, index: { rows, totalByteSize, totalCompressedSize, columns } }
}
