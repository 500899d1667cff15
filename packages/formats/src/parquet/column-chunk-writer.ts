import type { ColumnChunkIndex } from '../piece.ts'
import { ColumnBuilder, type ValuePolicy } from './column-builder.ts'
import { Dictionary, looksRepetitive } from './dictionary.ts'
import {
  dataPageHeader,
  dictionaryPageHeader,
  maxIndexBytes,
  maxLevelBytes,
  maxPlainBytes,
  writeIndices,
  writeLevels,
  writePlain,
} from './page.ts'
import type { PageCompressor } from './page-compressor.ts'
import { codec, encoding, physicalType } from './physical.ts'
import type { Leaf } from './schema.ts'
import { StatisticsCollector } from './statistics.ts'

/** A page on its way: the header is written when the compressed size is known. */
interface PendingPage {
  readonly values: number
  readonly encodedAs: number
  readonly uncompressed: number
  readonly body: Promise<Uint8Array>
}

/** A column chunk whose pages are all on their way. */
export interface ClosedChunk {
  readonly leaf: Leaf
  readonly dictionary: PendingPage | null
  readonly pages: readonly PendingPage[]
  readonly values: number
  readonly statistics: NonNullable<ColumnChunkIndex['statistics']>
}

/**
 * Writes one column, row group after row group: pages as they fill, each sent to compression at
 * once. Whether a dictionary pays is judged by a sample of the first page of a row group; a
 * dictionary that then grows too large is left for plain pages, and the next row groups begin
 * plain, with a fresh look every eighth.
 */
export class ColumnChunkWriter {
  readonly builder: ColumnBuilder
  readonly #leaf: Leaf
  readonly #compressor: PageCompressor
  #dictionary: Dictionary | null = null
  #useDictionary: boolean | null = null
  #plainGroups = 0
  #statistics: StatisticsCollector
  #pages: PendingPage[] = []
  #levels = 0
  #written = 0
  #indices = new Int32Array(0)

  constructor(leaf: Leaf, valuePolicy: ValuePolicy, compressor: PageCompressor) {
    this.#leaf = leaf
    this.builder = new ColumnBuilder(leaf, valuePolicy)
    this.#compressor = compressor
    this.#statistics = new StatisticsCollector(leaf.order)
  }

  /** Bytes of the row group so far, in plain encoding. */
  get size(): number {
    return this.#written + this.builder.size
  }

  flushPage(): void {
    const { builder } = this
    if (builder.rows === 0 && builder.listRows === 0) return
    this.#written += builder.size
    if (this.#useDictionary === null) this.#useDictionary = this.#decide()
    if (this.#useDictionary) {
      this.#dictionary ??= new Dictionary(this.#leaf)
      if (this.#indices.length < builder.values) this.#indices = new Int32Array(builder.values)
      if (this.#dictionary.indexAll(builder, this.#indices)) this.#addIndexPage(this.#dictionary)
      else {
        this.#useDictionary = false
      }
    }
    if (!this.#useDictionary) this.#addPlainPage()
    builder.clear()
  }

  /** Ends the column chunk; the writer is ready for the next row group. */
  close(): ClosedChunk {
    this.flushPage()
    let dictionary: PendingPage | null = null
    if (this.#dictionary && this.#dictionary.entries.values > 0) {
      const { entries } = this.#dictionary
      this.#statistics.update(entries)
      const page = this.#compressor.take(entries.size)
      const end = writePlain(entries, page, 0)
      dictionary = this.#send(page, end, entries.values, encoding.plain)
      this.#dictionary.clear()
    }
    const closed = {
      leaf: this.#leaf,
      dictionary,
      pages: this.#pages,
      values: this.#levels,
      statistics: this.#statistics.finish(),
    }
    if (!this.#useDictionary) this.#dictionary = null
    this.#plainGroups = this.#useDictionary ? 0 : this.#plainGroups + 1
    this.#useDictionary = null
    this.#statistics = new StatisticsCollector(this.#leaf.order)
    this.#pages = []
    this.#levels = 0
    this.#written = 0
    return closed
  }

  #decide(): boolean {
    if (this.#leaf.physical === physicalType.boolean) return false
    return this.#plainGroups % 8 === 0 && looksRepetitive(this.builder)
  }

  #addIndexPage(dictionary: Dictionary): void {
    const { builder } = this
    const size = dictionary.entries.values
    const page = this.#compressor.take(maxLevelBytes(builder) + maxIndexBytes(builder.values, size))
    const levels = writeLevels(builder, page)
    const end = writeIndices(this.#indices, builder.values, size, page, levels.end)
    this.#add(page, end, levels.count, encoding.rleDictionary)
  }

  #addPlainPage(): void {
    const { builder } = this
    this.#statistics.update(builder)
    const page = this.#compressor.take(maxLevelBytes(builder) + maxPlainBytes(builder))
    const levels = writeLevels(builder, page)
    const end = writePlain(builder, page, levels.end)
    this.#add(page, end, levels.count, encoding.plain)
  }

  #add(page: Buffer, end: number, values: number, encodedAs: number): void {
    this.#levels += values
    this.#statistics.nullCount += values - this.builder.values
    this.#pages.push(this.#send(page, end, values, encodedAs))
  }

  #send(page: Buffer, end: number, values: number, encodedAs: number): PendingPage {
    return { values, encodedAs, uncompressed: end, body: this.#compressor.compress(page, end) }
  }
}

/** Bytes of a column chunk in order, and its index for a chunk that begins at `offset` of its row group. */
export async function assembleChunk(
  chunk: ClosedChunk,
  offset: number,
  compressor: PageCompressor,
): Promise<{ readonly parts: Uint8Array[]; readonly index: ColumnChunkIndex }> {
  const parts: Uint8Array[] = []
  const encodings = new Set<number>([encoding.rle])
  let compressedSize = 0
  let uncompressedSize = 0
  const append = (header: Uint8Array, body: Uint8Array, uncompressed: number) => {
    parts.push(header, body)
    compressedSize += header.length + body.length
    uncompressedSize += header.length + uncompressed
  }
  if (chunk.dictionary) {
    const { uncompressed, values } = chunk.dictionary
    const body = await chunk.dictionary.body
    append(dictionaryPageHeader(uncompressed, body.length, values), body, uncompressed)
    encodings.add(encoding.plain)
  }
  const dataPageOffset = offset + compressedSize
  for (const page of chunk.pages) {
    const body = await page.body
    append(dataPageHeader(page.uncompressed, body.length, page.values, page.encodedAs), body, page.uncompressed)
    encodings.add(page.encodedAs)
  }
  return {
    parts,
    index: {
      path: chunk.leaf.path,
      offset,
      ...(chunk.dictionary ? { dictionaryPageOffset: offset } : {}),
      dataPageOffset,
      values: chunk.values,
      compressedSize,
      uncompressedSize,
      physicalType: chunk.leaf.physical,
      encodings: [...encodings],
      codec: codec[compressor.compression],
      statistics: chunk.statistics,
    },
  }
}
