import { open, rm } from 'node:fs/promises'
import { type Column, type LossLedger, type Piece, readCsv, type UnrepresentablePolicy } from '@millrace/formats'
import { createClickhouseCsvEncoder } from '../kit/clickhouse-csv.ts'
import { bytesOf } from '../kit/encode-csv.ts'
import type { StoredColumn } from './columns.ts'
import { createPassThrough } from './pass-through.ts'

export interface ChunkFile {
  readonly path: string
  readonly columns: readonly Column[]
  readonly layout: readonly StoredColumn[]
  readonly sourceDialect: string
  readonly losses: { readonly policy: UnrepresentablePolicy; readonly ledger: LossLedger }
  readonly signal: AbortSignal
  /** Told after each write. */
  readonly onBytes: (bytes: number) => void
}

/** Writes a chunk as it is sent. A chunk that fails leaves no file. */
export async function writeChunkFile(
  pieces: AsyncIterable<Piece>,
  chunk: ChunkFile,
): Promise<{ rows: number; bytes: number }> {
  const { path, signal, onBytes } = chunk
  let rows = 0
  let bytes = 0
  try {
    const file = await open(path, 'w', 0o600)
    try {
      for await (const piece of clickhouseCsv(pieces, chunk)) {
        signal.throwIfAborted()
        for (let at = 0; at < piece.bytes.length; ) {
          at += (await file.write(piece.bytes, at, piece.bytes.length - at)).bytesWritten
        }
        rows += piece.rows
        bytes += piece.bytes.length
        onBytes(piece.bytes.length)
      }
    } finally {
      await file.close()
    }
    return { rows, bytes }
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

/** Pieces that ClickHouse reads as they are go through untouched; the others are written anew. */
async function* clickhouseCsv(
  pieces: AsyncIterable<Piece>,
  { columns, layout, sourceDialect, losses }: ChunkFile,
): AsyncGenerator<Piece> {
  const encoder = createClickhouseCsvEncoder({ columns, layout, ...losses })
  const encode = async function* (some: AsyncIterable<Piece>) {
    for await (const block of readCsv(bytesOf(some), { columnCount: columns.length }))
      yield* await encoder.encode(block)
  }
  const passes = createPassThrough(columns, layout, sourceDialect)
  if (passes === null) {
    yield* encode(pieces)
    return
  }
  for await (const piece of pieces) {
    if (passes(piece.bytes)) yield piece
    else yield* encode(only(piece))
  }
}

async function* only(piece: Piece): AsyncGenerator<Piece> {
  yield piece
}
