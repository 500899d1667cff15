import {
  type Column,
  createCompressor,
  type Piece,
  type PlacedPiece,
  parquetFooter,
  splitPieces,
} from '@millrace/formats'
import type { Extent } from '../files/journal.ts'
import { withCarriageReturns } from '../files/line-ends.ts'
import type { FileTarget } from '../files/place.ts'
import { filePrefix } from '../files/staging-file.ts'
import type { ObjectStore } from '../kit/object-store.ts'
import type { StagedObject } from './records.ts'

export interface WriteObjectsOptions {
  readonly store: ObjectStore
  readonly target: FileTarget
  /** Of the objects, without those that stand in the path. */
  readonly columns: readonly Column[]
  /** False for a part of an object to be: rows without what stands before the first and after the last of them. */
  readonly whole: boolean
  readonly signal: AbortSignal
  /** The key of the n-th object. */
  keyOf(index: number): string
  /** Called before an object is begun. */
  begin(key: string): void
}

export interface WrittenObjects {
  /** Keys are those of the store. */
  readonly objects: readonly StagedObject[]
  /** As they came, before compression. */
  readonly bytes: number
}

/** Writes pieces as objects, a new one whenever the target's limits say so; none without rows. */
export async function writeObjects(
  pieces: AsyncIterable<Piece>,
  { store, target, columns, whole, signal, keyOf, begin }: WriteObjectsOptions,
): Promise<WrittenObjects> {
  const { format, splitRows, splitBytes } = target
  const prefix = whole ? await filePrefix(target, columns) : new Uint8Array(0)
  const limits = {
    format,
    ...(whole && splitRows !== undefined ? { rows: splitRows } : {}),
    ...(whole && splitBytes !== undefined ? { bytes: splitBytes } : {}),
  }
  const placed = splitPieces(pieces, limits)[Symbol.asyncIterator]()
  const objects: StagedObject[] = []
  let bytes = 0
  try {
    let next = await placed.next()
    while (!next.done) {
      const { file } = next.value
      let rows = 0
      let position = 0
      const groups: Extent['groups'][number][] = []
      const compressor = createCompressor(format === 'parquet' ? 'none' : target.compression)
      // The store may keep bytes longer than their producer does.
      const emit = (part: Uint8Array) => {
        position += part.length
        return Buffer.from(part)
      }
      async function* body(): AsyncGenerator<Uint8Array> {
        if (prefix.length > 0) yield emit(prefix)
        for (; !next.done && next.value.file === file; next = await placed.next()) {
          const { piece }: PlacedPiece = next.value
          if (piece.index) groups.push({ offset: position, index: piece.index })
          rows += piece.rows
          bytes += piece.bytes.length
          for (const part of await compressor.write(rowBytes(piece, target))) yield emit(part)
          signal.throwIfAborted()
        }
        for (const part of await compressor.end()) yield emit(part)
        if (whole && format === 'parquet') yield emit(parquetFooter(columns, groups))
      }
      const key = keyOf(objects.length)
      begin(key)
      const info = await store.write(key, body(), { signal })
      const { size, etag } = info
      objects.push({ key, rows, bytes: size, etag, ...(whole || format !== 'parquet' ? {} : { groups }) })
    }
    return { objects, bytes }
  } finally {
    await placed.return?.(undefined)
  }
}

function rowBytes(piece: Piece, { format, csv }: FileTarget): Uint8Array {
  return format === 'csv' && csv?.lineEnd === 'crlf' ? withCarriageReturns(piece.bytes, piece.rows) : piece.bytes
}
