import { type Column, JsonRowScanner, type RowBlock } from '@millrace/formats'
import type { Rejection, StreamRow } from './destination.ts'
import { fitValue } from './fit-value.ts'

/** Where the values of a row stand in its JSON. Text is cut out when it is needed, so a batch is not held twice. */
export interface ScannedRow {
  readonly row: StreamRow
  /** Start and length in bytes, by the place of the key; no length, or -1, where a row does not have it or has null. */
  readonly spans: Int32Array
}

export interface Scanned {
  readonly keys: readonly string[]
  readonly rows: readonly ScannedRow[]
}

export function scanRows(rows: readonly StreamRow[]): Scanned {
  const scanner = new JsonRowScanner()
  const scanned = rows.map((row) => {
    // What is not an object was sorted out before; a row without tokens is rejected all the same.
    const isObject = scanner.scan(row.json, 0, row.json.length)
    const spans = new Int32Array(2 * scanner.keys.length)
    for (let place = 0; place < scanner.keys.length; place++) {
      spans[2 * place] = scanner.starts[place] as number
      spans[2 * place + 1] = isObject ? (scanner.lengths[place] as number) : -1
    }
    return { row, spans }
  })
  return { keys: scanner.keys, rows: scanned }
}

export function hasToken({ spans }: ScannedRow, place: number): boolean {
  return (spans[2 * place + 1] ?? -1) >= 0
}

/** The value as it stands in the message. */
export function tokenOf({ row, spans }: ScannedRow, place: number): string | undefined {
  const length = spans[2 * place + 1] ?? -1
  const start = spans[2 * place] as number
  return length < 0 ? undefined : row.json.toString('utf8', start, start + length)
}

/** A column that is written, with the place of its key. */
export interface LoadedColumn {
  readonly column: Column
  readonly place: number
}

/** Rows of canonical text; a row with a value that its column cannot hold is left out and named. */
export function fitRows(
  rows: readonly ScannedRow[],
  loaded: readonly LoadedColumn[],
): { readonly block: RowBlock; readonly rejected: readonly Rejection[] } {
  const rejected: Rejection[] = []
  const starts = new Int32Array(rows.length * loaded.length)
  const lengths = new Int32Array(rows.length * loaded.length)
  const texts = createTexts(rows.reduce((sum, { row }) => sum + row.json.length, 0))
  let cell = 0
  for (const scanned of rows) {
    const begin = { cell, size: texts.size }
    for (const { column, place } of loaded) {
      const token = tokenOf(scanned, place)
      const text = token === undefined ? null : fitValue(column.type, token)
      if (text === undefined) {
        rejected.push({ message: scanned.row.message, ...misfit(column, token ?? '') })
        cell = begin.cell
        texts.size = begin.size
        break
      }
      starts[cell] = texts.size
      lengths[cell++] = text === null ? -1 : texts.add(text)
    }
  }
  const used = { starts: starts.subarray(0, cell), lengths: lengths.subarray(0, cell) }
  const rowCount = rows.length - rejected.length
  return { block: { data: texts.bytes(), rowCount, columnCount: loaded.length, ...used }, rejected }
}

/** Bytes that grow; `size` may be set back. */
function createTexts(capacity: number) {
  let data = Buffer.allocUnsafe(capacity)
  return {
    size: 0,
    add(text: string): number {
      const length = Buffer.byteLength(text)
      if (this.size + length > data.length) {
        const larger = Buffer.allocUnsafe(2 * data.length + length)
        data.copy(larger, 0, 0, this.size)
        data = larger
      }
      this.size += data.write(text, this.size)
      return length
    },
    bytes(): Buffer {
      return data.subarray(0, this.size)
    },
  }
}

function misfit({ name, type, sourceType }: Column, token: string): Pick<Rejection, 'code' | 'reason'> {
  const value = token.length > 100 ? `${token.slice(0, 100)}…` : token
  return {
    code: 'VALUE_DOES_NOT_FIT',
    reason: `The value of "${name}" does not fit its type ${sourceType || type.kind}: ${value}`,
  }
}
