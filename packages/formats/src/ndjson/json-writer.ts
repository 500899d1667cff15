import { OutputBuffer } from '../output-buffer.ts'
import type { LossLedger } from '../policy.ts'
import { type JsonCell, jsonForm } from './json-columns.ts'

const quote = 0x22
const backslash = 0x5c
const letterU = 0x75

/** What follows the backslash of a JSON escape, by byte; 0 for bytes that stand for themselves. */
export const jsonEscapes = new Uint8Array(256)
jsonEscapes.fill(letterU, 0, 0x20)
for (const [byte, letter] of [
  [quote, quote],
  [backslash, backslash],
  [0x08, 0x62],
  [0x09, 0x74],
  [0x0a, 0x6e],
  [0x0c, 0x66],
  [0x0d, 0x72],
] as const) {
  jsonEscapes[byte] = letter
}

const hexDigits = Buffer.from('0123456789abcdef')
const nullToken = Buffer.from('null')
const trueToken = Buffer.from('true')
const falseToken = Buffer.from('false')

/**
 * Writes cells of canonical text as JSON. The caller reserves six bytes for each byte of the cell
 * and a few more before it calls.
 *
 * The methods that take `limit` instead of `end` are for kinds whose text holds no control
 * characters: they also stop at a tab or a line feed, so that they serve COPY text, where the end
 * of a cell is not known beforehand. They return where they stopped.
 */
export class JsonWriter extends OutputBuffer {
  readonly #ledger: LossLedger
  #scratch = Buffer.alloc(1024)

  constructor(ledger: LossLedger) {
    super()
    this.#ledger = ledger
  }

  cell(cell: JsonCell, data: Buffer, start: number, end: number): void {
    switch (cell.form) {
      case jsonForm.boolean:
        this.boolean(data, start)
        break
      case jsonForm.integer:
        this.integer(data, start, end)
        break
      case jsonForm.number:
        this.number(data, start, end)
        break
      case jsonForm.plainString:
        this.plainString(data, start, end)
        break
      case jsonForm.timestamp:
        this.timestamp(data, start, end)
        break
      case jsonForm.text:
        this.text(data, start, end)
        break
      case jsonForm.document:
        this.document(cell.column, data, start, end)
        break
      case jsonForm.hex:
        this.hex(data, start, end)
        break
      case jsonForm.base64:
        this.base64(data, start, end)
        break
      case jsonForm.list:
        this.list(cell, data, start, end)
        break
      case jsonForm.quotedNumber:
        this.quotedNumber(data, start, end)
    }
  }

  token(bytes: Buffer): void {
    const out = this.bytes
    let pos = this.pos
    for (let i = 0; i < bytes.length; i++) out[pos++] = bytes[i]!
    this.pos = pos
  }

  null(): void {
    this.token(nullToken)
  }

  boolean(data: Buffer, start: number): void {
    this.token(data[start] === 0x74 ? trueToken : falseToken)
  }

  /** MySQL pads with zeros, which JSON does not allow. */
  integer(data: Buffer, start: number, limit: number): number {
    const out = this.bytes
    let pos = this.pos
    let i = start
    if (data[i] === 0x2d) out[pos++] = data[i++]!
    while (data[i] === 0x30 && i + 1 < limit && isDigit(data[i + 1]!)) i++
    for (let byte = data[i]!; i < limit && byte > 0x0d; byte = data[++i]!) {
      out[pos++] = byte
    }
    this.pos = pos
    return i
  }

  number(data: Buffer, start: number, limit: number): number {
    const first = data[start] === 0x2d ? data[start + 1]! : data[start]!
    // NaN, Infinity
    return first > 0x39 ? this.plainString(data, start, limit) : this.integer(data, start, limit)
  }

  quotedNumber(data: Buffer, start: number, limit: number): number {
    this.bytes[this.pos++] = quote
    const end = this.integer(data, start, limit)
    this.bytes[this.pos++] = quote
    return end
  }

  plainString(data: Buffer, start: number, limit: number): number {
    const out = this.bytes
    let pos = this.pos
    let i = start
    out[pos++] = quote
    for (let byte = data[i]!; i < limit && byte > 0x0d; byte = data[++i]!) {
      out[pos++] = byte
    }
    out[pos++] = quote
    this.pos = pos
    return i
  }

  /** The first space becomes a `T`, an offset of hours gets its minutes; an era stays at the end. */
  timestamp(data: Buffer, start: number, limit: number): number {
    const out = this.bytes
    let pos = this.pos
    let i = start
    out[pos++] = quote
    for (let byte = data[i]!; i < limit && byte > 0x20; byte = data[++i]!) {
      out[pos++] = byte
    }
    if (i < limit && data[i] === 0x20) {
      out[pos++] = 0x54
      i++
      let sign = 0
      for (let byte = data[i]!; i < limit && byte > 0x20; byte = data[++i]!) {
        if (byte === 0x2b || byte === 0x2d) sign = i
        out[pos++] = byte
      }
      if (sign !== 0 && i - sign === 3) {
        out[pos++] = 0x3a
        out[pos++] = 0x30
        out[pos++] = 0x30
      }
      for (let byte = data[i]!; i < limit && byte > 0x0d; byte = data[++i]!) {
        out[pos++] = byte
      }
    }
    out[pos++] = quote
    this.pos = pos
    return i
  }

  text(data: Buffer, start: number, end: number): void {
    const out = this.bytes
    let pos = this.pos
    out[pos++] = quote
    for (let i = start; i < end; i++) {
      const byte = data[i]!
      const letter = jsonEscapes[byte]!
      if (letter === 0) out[pos++] = byte
      else {
        out[pos++] = backslash
        out[pos++] = letter
        if (letter === letterU) {
          out[pos++] = 0x30
          out[pos++] = 0x30
          out[pos++] = hexDigits[byte >> 4]!
          out[pos++] = hexDigits[byte & 15]!
        }
      }
    }
    out[pos++] = quote
    this.pos = pos
  }

  /** Embeds a JSON document. A raw line break in it can only be white space and becomes a space, to keep the row on one line. */
  document(column: string, data: Buffer, start: number, end: number): void {
    const out = this.bytes
    const from = this.pos
    let pos = from
    let breaks = 0
    for (let i = start; i < end; i++) {
      const byte = data[i]!
      if (byte === 0x0a || byte === 0x0d) {
        breaks++
        out[pos++] = 0x20
      } else out[pos++] = byte
    }
    this.pos = pos
    this.countDocument(column, from, breaks)
  }

  /** What a document lost by being embedded, given where it was written. */
  countDocument(column: string, from: number, breaks: number): void {
    const out = this.bytes
    let i = from
    while (i < this.pos && out[i]! <= 0x20) i++
    // Of all JSON values only null begins with an n.
    if (out[i] === 0x6e) this.#ledger.record(column, 'json-null', 'altered')
    else if (breaks > 0) this.#ledger.record(column, 'json-line-break', 'altered')
  }

  /** A composite's own text cannot be had back from the object it became. */
  countObject(column: string): void {
    this.#ledger.record(column, 'composite-as-object', 'altered')
  }

  /** `\x…` with its backslash doubled. */
  hex(data: Buffer, start: number, end: number): void {
    const out = this.bytes
    let pos = this.pos
    out[pos++] = quote
    out[pos++] = backslash
    for (let i = start; i < end; i++) out[pos++] = data[i]!
    out[pos++] = quote
    this.pos = pos
  }

  base64(data: Buffer, start: number, end: number): void {
    const bytes = Buffer.from(data.toString('latin1', start + 2, end), 'hex')
    this.bytes[this.pos++] = quote
    this.pos += this.bytes.write(bytes.toString('base64'), this.pos, 'latin1')
    this.bytes[this.pos++] = quote
  }

  /** PostgreSQL's array literal as JSON arrays; a prefix of lower bounds such as `[2:3]=` is dropped and counted. */
  list(cell: JsonCell, data: Buffer, start: number, end: number): void {
    const element = cell.element as JsonCell
    let i = start
    if (data[i] === 0x5b) {
      this.#ledger.record(cell.column, 'array-bounds', 'altered')
      i = data.indexOf(0x3d, i) + 1
    }
    while (i < end) {
      const byte = data[i]!
      if (byte === 0x7b) {
        this.bytes[this.pos++] = 0x5b
        i++
      } else if (byte === 0x7d) {
        this.bytes[this.pos++] = 0x5d
        i++
      } else if (byte === 0x2c) {
        this.bytes[this.pos++] = byte
        i++
      } else if (byte === quote) {
        const scratch = this.scratch(end - i)
        let length = 0
        for (i++; i < end && data[i] !== quote; i++) {
          if (data[i] === backslash) i++
          scratch[length++] = data[i]!
        }
        i++
        this.cell(element, scratch, 0, length)
      } else {
        const from = i
        while (i < end && data[i] !== 0x2c && data[i] !== 0x7d) i++
        if (isNullWord(data, from, i)) this.null()
        else this.cell(element, data, from, i)
      }
    }
  }

  /** Room for `size` bytes that nobody else needs until the cell is written. */
  scratch(size: number): Buffer {
    if (this.#scratch.length < size) this.#scratch = Buffer.alloc(size * 2)
    return this.#scratch
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isNullWord(data: Buffer, start: number, end: number): boolean {
  return (
    end - start === 4 &&
    (data[start]! | 0x20) === 0x6e &&
    (data[start + 1]! | 0x20) === 0x75 &&
    (data[start + 2]! | 0x20) === 0x6c &&
    (data[start + 3]! | 0x20) === 0x6c
  )
}
