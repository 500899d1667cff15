import { type Column, JsonRowScanner, type LogicalType, type RowBlock } from '@millrace/formats'
import type { Rejection, StreamRow } from './destination.ts'
import { fitValue } from './fit-value.ts'

/** The values of a batch as tokens of JSON, by their keys. */
export interface ScannedRow {
  readonly row: StreamRow
  /** By the place of the key; undefined where a row does not have it, or has null. */
  readonly tokens: readonly (string | undefined)[]
}

export interface Scanned {
  readonly keys: readonly string[]
  readonly rows: readonly ScannedRow[]
}

export function scanRows(rows: readonly StreamRow[]): Scanned {
  const scanner = new JsonRowScanner()
  const scanned = rows.map((row) => {
    const { json } = row
    // What is not an object was sorted out before; a row without tokens is rejected all the same.
    const isObject = scanner.scan(json, 0, json.length)
    const tokens = scanner.keys.map((_, place) => {
      const length = isObject ? (scanner.lengths[place] as number) : -1
      const start = scanner.starts[place] as number
      return length < 0 ? undefined : json.toString('utf8', start, start + length)
    })
    return { row, tokens }
  })
  return { keys: scanner.keys, rows: scanned }
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
  const texts: (string | null)[] = []
  const rejected: Rejection[] = []
  let rowCount = 0
  for (const { row, tokens } of rows) {
    const start = texts.length
    const misfit = fitRow(tokens, loaded, texts)
    if (misfit === null) rowCount++
    else {
      texts.length = start
      rejected.push({ message: row.message, ...misfit })
    }
  }
  return { block: blockOf(texts, rowCount, loaded.length), rejected }
}

function fitRow(
  tokens: ScannedRow['tokens'],
  loaded: readonly LoadedColumn[],
  texts: (string | null)[],
): Pick<Rejection, 'code' | 'reason'> | null {
  for (const { column, place } of loaded) {
    const token = tokens[place]
    if (token === undefined) {
      texts.push(null)
      continue
    }
    const text = fitValue(column.type, token)
    if (text === undefined) {
      const value = token.length > 100 ? `${token.slice(0, 100)}…` : token
      return {
        code: 'VALUE_DOES_NOT_FIT',
        reason: `The value of "${column.name}" does not fit its type ${nameOf(column.type, column.sourceType)}: ${value}`,
      }
    }
    texts.push(text)
  }
  return null
}

function nameOf(type: LogicalType, sourceType: string): string {
  return sourceType || type.kind
}

function blockOf(texts: readonly (string | null)[], rowCount: number, columnCount: number): RowBlock {
  const starts = new Int32Array(texts.length)
  const lengths = new Int32Array(texts.length)
  let size = 0
  for (const [index, text] of texts.entries()) {
    starts[index] = size
    lengths[index] = text === null ? -1 : Buffer.byteLength(text)
    size += Math.max(0, lengths[index] as number)
  }
  const data = Buffer.allocUnsafe(size)
  for (const [index, text] of texts.entries()) if (text !== null) data.write(text, starts[index] as number)
  return { data, rowCount, columnCount, starts, lengths }
}
