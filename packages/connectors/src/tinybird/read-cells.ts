import { type Column, createCsvEncoder, type Piece } from '@millrace/formats'
import type { TinybirdClient } from '@millrace/tinybird'
import { columnNamed, hashedText, type StoredColumn } from './columns.ts'

export type TextRow = readonly (string | null)[]

/** The rows in canonical text. The answer comes as a whole. */
export async function readCells(
  client: TinybirdClient,
  from: string,
  columns: readonly Column[],
  stored: readonly StoredColumn[],
  signal?: AbortSignal,
): Promise<TextRow[]> {
  const texts = columns.map((column, index) => {
    const { text, nullable } = hashedText(column, columnNamed(stored, column.name))
    return `${nullable === null ? text : `if(isNull(${nullable}), NULL, ${text})`} AS c${index}`
  })
  const { data } = await client.query(`SELECT ${texts.join(', ')} FROM ${from}`, signal ? { signal } : {})
  return data.map((row) => columns.map((_, index) => textOf(row[`c${index}`])))
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value)
}

const batchRows = 4096

export async function* csvOfCells(rows: readonly TextRow[], columns: readonly Column[]): AsyncGenerator<Piece> {
  const encoder = createCsvEncoder({ columns })
  for (let at = 0; at < rows.length; at += batchRows) {
    const batch = rows.slice(at, at + batchRows)
    const cells = batch.flatMap((row) => row.map((cell) => (cell === null ? null : Buffer.from(cell))))
    const lengths = Int32Array.from(cells, (cell) => cell?.length ?? -1)
    const starts = new Int32Array(lengths.length)
    let end = 0
    for (const [index, length] of lengths.entries()) {
      starts[index] = end
      end += Math.max(length, 0)
    }
    const data = Buffer.concat(cells.filter((cell) => cell !== null))
    yield* await encoder.encode({ data, starts, lengths, rowCount: batch.length, columnCount: columns.length })
  }
}
