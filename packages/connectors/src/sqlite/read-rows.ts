import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Column, type ContentHash, createRowHasher, type Piece, readCsv } from '@millrace/formats'
import { bytesOf } from '../kit/encode-csv.ts'
import { cellText } from './cell-text.ts'
import { prepare, type SqliteValue } from './database.ts'

const pieceChars = 128 * 1024

/** The rows of a SELECT as canonical CSV. The loop lets others run between pieces, since SQLite works in this thread. */
export async function* csvOf(
  database: DatabaseSync,
  sql: string,
  columns: readonly Column[],
  signal?: AbortSignal,
  values: readonly SqliteValue[] = [],
): AsyncGenerator<Piece> {
  const types = columns.map(({ type }) => type)
  let text = ''
  let rows = 0
  for (const row of prepare(database, sql).iterate(...values) as unknown as Iterable<SqliteValue[]>) {
    let line = ''
    for (let column = 0; column < types.length; column++) {
      const cell = cellText(types[column] as Column['type'], row[column] as SqliteValue)
      if (column > 0) line += ','
      if (cell !== null) line += field(cell)
    }
    // PostgreSQL takes this line for the end of the data unless it is quoted.
    text += line === '\\.' ? '"\\."\n' : `${line}\n`
    rows++
    if (text.length < pieceChars) continue
    signal?.throwIfAborted()
    yield { bytes: Buffer.from(text), rows }
    text = ''
    rows = 0
    await nextTurn()
  }
  signal?.throwIfAborted()
  if (rows > 0) yield { bytes: Buffer.from(text), rows }
}

const special = /[",\r\n]/

function field(cell: string): string {
  return cell === '' || special.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

export async function hashOf(
  database: DatabaseSync,
  sql: string,
  columns: readonly Column[],
  signal?: AbortSignal,
  values: readonly SqliteValue[] = [],
): Promise<ContentHash> {
  const hasher = createRowHasher(columns)
  const pieces = csvOf(database, sql, columns, signal, values)
  for await (const block of readCsv(bytesOf(pieces), { columnCount: columns.length })) hasher.update(block)
  return hasher.digest()
}
