import { createHash } from 'node:crypto'
import { isMillraceError } from '@millrace/core'
import { type Column, contentHash, type Piece } from '@millrace/formats'

export type Cells = readonly (string | null)[]

export const column = (name: string, type: Column['type'] = { kind: 'text' }, nullable = true): Column => ({
  name,
  type,
  nullable,
  sourceType: type.kind,
})
export const id = column('id', { kind: 'integer', bits: 32, unsigned: false }, false)
export const people = [id, column('name'), column('note')]

const field = (cell: string | null) => (cell === null ? '' : `"${cell.replaceAll('"', '""')}"`)

/** Canonical CSV in pieces of a few rows. */
export async function* csvPieces(rows: readonly Cells[], perPiece = 2): AsyncGenerator<Piece> {
  for (let at = 0; at < rows.length; at += perPiece) {
    const part = rows.slice(at, at + perPiece)
    yield { bytes: Buffer.from(part.map((row) => `${row.map(field).join(',')}\n`).join('')), rows: part.length }
  }
}

/** The content hash by its definition. */
export function hashOf(rows: readonly Cells[]) {
  let high = 0n
  let low = 0n
  for (const row of rows) {
    const text = row.map((cell) => (cell === null ? '~' : `${Buffer.byteLength(cell)}:${cell}`)).join('')
    const digest = createHash('md5').update(text).digest()
    high += digest.readBigUInt64BE(0)
    low += digest.readBigUInt64BE(8)
  }
  return contentHash(rows.length, high, low)
}

export const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing thrown',
    (error: unknown) => (isMillraceError(error) ? `${error.name} ${error.code}` : `not one of ours: ${String(error)}`),
  )

export const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  )
