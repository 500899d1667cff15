import type { Piece, WireFormat } from './piece.ts'

export interface SplitOptions {
  readonly format: WireFormat
  /** Rows in a file at most; default no limit. */
  readonly rows?: number
  /** Bytes in a file at most, before compression; a single larger row or row group still gets a file of its own. Default no limit. */
  readonly bytes?: number
}

export interface PlacedPiece {
  /** Counted from 0; a greater number than before begins a new file. */
  readonly file: number
  readonly piece: Piece
}

/**
 * Deals pieces out to files by size, cutting them between rows. Row groups of Parquet stay whole;
 * `copy-binary` cannot be cut and is dealt out by pieces as well.
 */
export async function* splitPieces(
  pieces: AsyncIterable<Piece>,
  { format, rows: maxRows = Number.POSITIVE_INFINITY, bytes: maxBytes = Number.POSITIVE_INFINITY }: SplitOptions,
): AsyncGenerator<PlacedPiece> {
  const divisible = format !== 'parquet' && format !== 'copy-binary'
  const rowEnd = format === 'csv' ? csvRowEnd : lineEnd
  let file = 0
  let fileRows = 0
  let fileBytes = 0

  for await (const piece of pieces) {
    let rest = piece
    while (rest.rows > 0 || rest.bytes.length > 0) {
      const fits = fileRows + rest.rows <= maxRows && fileBytes + rest.bytes.length <= maxBytes
      const empty = fileRows === 0
      if (!fits && !divisible && !empty) {
        file++
        fileRows = 0
        fileBytes = 0
        continue
      }
      const head = fits || !divisible ? rest : firstRows(rest, maxRows - fileRows, maxBytes - fileBytes, empty, rowEnd)
      if (head.rows > 0) {
        yield { file, piece: head }
        fileRows += head.rows
        fileBytes += head.bytes.length
      }
      if (head === rest) break
      rest = { bytes: rest.bytes.subarray(head.bytes.length), rows: rest.rows - head.rows }
      file++
      fileRows = 0
      fileBytes = 0
    }
  }
}

type RowEnd = (bytes: Uint8Array, start: number) => number

/** The most rows from the front that stay within both limits; one at least when `atLeastOne`. */
function firstRows(piece: Piece, maxRows: number, maxBytes: number, atLeastOne: boolean, rowEnd: RowEnd): Piece {
  let rows = 0
  let end = 0
  while (rows < piece.rows && rows < maxRows) {
    const next = rowEnd(piece.bytes, end)
    if (next > maxBytes && !(atLeastOne && rows === 0)) break
    end = next
    rows++
  }
  return rows === piece.rows ? piece : { bytes: piece.bytes.subarray(0, end), rows }
}

function lineEnd(bytes: Uint8Array, start: number): number {
  const end = bytes.indexOf(0x0a, start)
  return end < 0 ? bytes.length : end + 1
}

/** A line feed within quotes belongs to the row; a doubled quote closes and opens. */
function csvRowEnd(bytes: Uint8Array, start: number): number {
  let quoted = false
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === 0x22) quoted = !quoted
    else if (byte === 0x0a && !quoted) return i + 1
  }
  return bytes.length
}
