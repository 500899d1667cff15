import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Column, createCompressor, csvHeader, type Piece, parquetMagic } from '@millrace/formats'
import { writeAll } from './durable.ts'
import type { Extent } from './journal.ts'
import { withCarriageReturns } from './line-ends.ts'
import type { FileTarget } from './place.ts'

/** What stands before the first row of every file of this target. */
export async function filePrefix(target: FileTarget, columns: readonly Column[]): Promise<Uint8Array> {
  if (target.format === 'parquet') return parquetMagic
  if (target.format !== 'csv' || !target.csv?.header) return new Uint8Array(0)
  const compressor = createCompressor(target.compression)
  const parts = await compressor.write(csvHeader(columns, target.csv.lineEnd))
  return Buffer.concat([...parts.map((part) => Buffer.from(part)), ...(await compressor.end())])
}

export interface ExtentWriter extends AsyncDisposable {
  write(piece: Piece): Promise<void>
  /** When the promise is settled the rows are on the disk. */
  finish(): Promise<Extent>
}

/** Appends rows to a staging file from `start`, where an earlier, failed attempt may have left bytes. */
export async function openExtent(
  folder: string,
  file: string,
  start: number,
  prefix: Uint8Array,
  target: FileTarget,
): Promise<ExtentWriter> {
  const handle = await open(join(folder, file), start === 0 ? 'w' : 'r+', 0o600)
  await handle.truncate(start)
  const offset = start === 0 ? await writeAll(handle, prefix, 0) : start
  const compressor = createCompressor(target.format === 'parquet' ? 'none' : target.compression)
  const crlf = target.format === 'csv' && target.csv?.lineEnd === 'crlf'
  const groups: Extent['groups'][number][] = []
  let position = offset
  let rows = 0
  return {
    async write(piece) {
      if (piece.index) groups.push({ offset: position - offset, index: piece.index })
      rows += piece.rows
      const content = crlf ? withCarriageReturns(piece.bytes, piece.rows) : piece.bytes
      for (const part of await compressor.write(content)) position = await writeAll(handle, part, position)
    },
    async finish() {
      for (const part of await compressor.end()) position = await writeAll(handle, part, position)
      await handle.datasync()
      return { file, offset, length: position - offset, rows, groups }
    },
    [Symbol.asyncDispose]: () => handle.close(),
  }
}
