import type { Piece } from '@millrace/formats'

/** A row of canonical text, null for NULL. */
export type TextRow = readonly (string | null)[]

const pieceChars = 128 * 1024

/** Rows of canonical text as canonical CSV, in pieces of whole rows. */
export async function* csvOfRows(batches: AsyncIterable<readonly TextRow[]>): AsyncGenerator<Piece> {
  let text = ''
  let rows = 0
  for await (const batch of batches) {
    for (const row of batch) {
      let line = ''
      for (let column = 0; column < row.length; column++) {
        const cell = row[column] as string | null
        if (column > 0) line += ','
        if (cell !== null) line += field(cell)
      }
      // PostgreSQL takes this line for the end of the data unless it is quoted.
      text += line === '\\.' ? '"\\."\n' : `${line}\n`
      rows++
      if (text.length < pieceChars) continue
      yield { bytes: Buffer.from(text), rows }
      text = ''
      rows = 0
    }
  }
  if (rows > 0) yield { bytes: Buffer.from(text), rows }
}

const special = /[",\r\n]/

function field(cell: string): string {
  return cell === '' || special.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
