import { open } from 'node:fs/promises'
import { type Column, type Piece, parquetFooter, parquetMagic, type RowGroupIndex } from '@millrace/formats'

export interface WrittenFile {
  readonly rows: number
  readonly bytes: number
}

/** Writes pieces as one file: Parquet with what belongs around its row groups, other formats as they are. */
export async function writePieces(
  path: string,
  format: 'csv' | 'ndjson' | 'parquet',
  columns: readonly Column[],
  pieces: AsyncIterable<Piece>,
): Promise<WrittenFile> {
  const file = await open(path, 'w', 0o600)
  try {
    const rowGroups: { index: RowGroupIndex; offset: number }[] = []
    let rows = 0
    let offset = 0
    const write = async (part: Uint8Array) => {
      for (let at = 0; at < part.length; )
        at += (await file.write(part, at, part.length - at, offset + at)).bytesWritten
      offset += part.length
    }
    if (format === 'parquet') await write(parquetMagic)
    for await (const piece of pieces) {
      if (piece.index) rowGroups.push({ index: piece.index, offset })
      rows += piece.rows
      await write(piece.bytes)
    }
    if (format === 'parquet') await write(parquetFooter(columns, rowGroups))
    return { rows, bytes: offset }
  } finally {
    await file.close()
  }
}
