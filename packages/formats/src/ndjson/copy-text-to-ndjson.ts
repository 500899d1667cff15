import { DataError } from '@millrace/core'
import { copyEscapes } from '../copy-text/copy-escapes.ts'
import type { Column } from '../logical-type.ts'
import type { Piece } from '../piece.ts'
import type { LossLedger } from '../policy.ts'
import { type JsonColumn, type JsonOptions, jsonColumns, jsonForm, rowOverhead } from './json-columns.ts'
import { JsonWriter, jsonEscapes } from './json-writer.ts'

export interface CopyTextToNdjsonOptions {
  readonly columns: readonly Column[]
  readonly options?: JsonOptions
  /** Counts JSON nulls and line breaks in embedded documents, and lower bounds of arrays. */
  readonly ledger: LossLedger
  /** Names of the composite columns, which the query already turned into JSON objects. The change of form is counted. */
  readonly rawJson?: ReadonlySet<string>
}

export interface CopyTextToNdjson {
  /** `bytes` holds whole rows. The piece is valid until the next call. */
  convert(bytes: Uint8Array): Piece
}

const tab = 0x09
const lf = 0x0a
const quote = 0x22
const backslash = 0x5c
const letterN = 0x4e

/** 0 for the bytes that are the same in COPY text and in a JSON string. */
const special = Uint8Array.from(jsonEscapes, (letter) => (letter === 0 ? 0 : 1))

/**
 * PostgreSQL's COPY text turned into NDJSON in one pass. Most of COPY's escapes are JSON's own, so
 * text is not unescaped in between.
 */
export function createCopyTextToNdjson({
  columns,
  options = {},
  ledger,
  rawJson = new Set(),
}: CopyTextToNdjsonOptions): CopyTextToNdjson {
  const cells = jsonColumns(columns, options).map((cell) => ({ ...cell, raw: rawJson.has(cell.column) }))
  const overhead = rowOverhead(cells)
  const writer = new CopyTextWriter(ledger)

  return {
    convert(bytes) {
      const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      writer.pos = 0
      let rows = 0
      for (let i = 0; i < data.length; rows++) {
        // Six bytes for each that is left is more than enough, so that only rows have to look.
        writer.reserve((data.length - i) * 6 + overhead)
        i = writer.row(cells, data, i)
      }
      return { bytes: writer.written(), rows }
    },
  }
}

class CopyTextWriter extends JsonWriter {
  /** Writes the row at `start`, returns where the next one begins. */
  row(columns: readonly (JsonColumn & { readonly raw: boolean })[], data: Buffer, start: number): number {
    let i = start
    if (columns.length === 0) {
      this.bytes[this.pos++] = 0x7b
      if (data[i++] !== lf) refuse()
    }
    for (let c = 0; c < columns.length; c++) {
      const column = columns[c]!
      this.token(column.key)
      if (data[i] === backslash && data[i + 1] === letterN) {
        this.null()
        i += 2
      } else if (column.raw) {
        i = this.#document(null, data, i)
        this.countObject(column.column)
      } else i = this.#cell(column, data, i)
      if (data[i] !== (c === columns.length - 1 ? lf : tab)) refuse()
      i++
    }
    this.bytes[this.pos++] = 0x7d
    this.bytes[this.pos++] = lf
    return i
  }

  /** Returns where the cell ended. */
  #cell(column: JsonColumn, data: Buffer, start: number): number {
    switch (column.form) {
      case jsonForm.boolean:
        this.boolean(data, start)
        return start + 1
      case jsonForm.integer:
        return this.integer(data, start, data.length)
      case jsonForm.number:
        return this.number(data, start, data.length)
      case jsonForm.quotedNumber:
        return this.quotedNumber(data, start, data.length)
      case jsonForm.timestamp:
        return this.timestamp(data, start, data.length)
      // COPY has doubled the backslash of \x already.
      case jsonForm.hex:
      case jsonForm.plainString:
        return this.plainString(data, start, data.length)
      case jsonForm.text:
        return this.#text(data, start)
      case jsonForm.document:
        return this.#document(column.column, data, start)
      case jsonForm.base64:
      case jsonForm.list:
        return this.#unescaped(column, data, start)
    }
  }

  #text(data: Buffer, start: number): number {
    const out = this.bytes
    let pos = this.pos
    let i = start
    out[pos++] = quote
    for (;;) {
      let byte = data[i]!
      while (special[byte] === 0) {
        out[pos++] = byte
        byte = data[++i]!
      }
      if (byte === tab || byte === lf || byte === undefined) break
      if (byte === backslash) byte = copyEscapes[data[++i]!]!
      i++
      const letter = jsonEscapes[byte]!
      if (letter === 0) {
        out[pos++] = byte
        continue
      }
      out[pos++] = backslash
      out[pos++] = letter
      if (letter === 0x75) {
        out[pos++] = 0x30
        out[pos++] = 0x30
        out[pos++] = 0x30 + (byte >> 4)
        out[pos++] = (byte & 15) + ((byte & 15) < 10 ? 0x30 : 0x57)
      }
    }
    out[pos++] = quote
    this.pos = pos
    return i
  }

  #document(counted: string | null, data: Buffer, start: number): number {
    const out = this.bytes
    const from = this.pos
    let pos = from
    let breaks = 0
    let i = start
    while (i < data.length) {
      let byte = data[i]!
      if (byte === tab || byte === lf) break
      if (byte === backslash) {
        byte = copyEscapes[data[++i]!]!
        if (byte === lf || byte === 0x0d) {
          breaks++
          byte = 0x20
        }
      }
      out[pos++] = byte
      i++
    }
    this.pos = pos
    if (counted !== null) this.countDocument(counted, from, breaks)
    return i
  }

  #unescaped(column: JsonColumn, data: Buffer, start: number): number {
    let end = start
    while (end < data.length && data[end] !== tab && data[end] !== lf) end++
    const text = Buffer.allocUnsafe(end - start)
    let length = 0
    for (let i = start; i < end; i++) {
      text[length++] = data[i] === backslash ? copyEscapes[data[++i]!]! : data[i]!
    }
    this.cell(column, text, 0, length)
    return end
  }
}

function refuse(): never {
  throw new DataError('COPY_TEXT_MALFORMED', {
    message:
      'A row of COPY text does not have the columns that were asked for. The table probably changed during the read; run the copy again.',
  })
}
