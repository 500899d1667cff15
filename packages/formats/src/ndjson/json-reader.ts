import { OutputBuffer } from '../output-buffer.ts'
import { type JsonCell, jsonForm } from './json-columns.ts'

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** What the letter after a backslash stands for. */
const unescapes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
for (const [letter, byte] of [
  ['b', 0x08],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
] as const) {
  unescapes[letter.charCodeAt(0)] = byte
}

/** 1 for bytes that make PostgreSQL quote an element of an array literal. */
const quotedInLiteral = new Uint8Array(256)
for (const character of ' \t\n\r\v\f{},"\\') quotedInLiteral[character.charCodeAt(0)] = 1

/**
 * Reads JSON values back into canonical text, which it collects. The methods return where the value
 * ended, or -1 when it is not what was expected there.
 */
export class JsonReader extends OutputBuffer {
  /** Reads a value that is not null. */
  cell(cell: JsonCell, data: Buffer, start: number): number {
    switch (cell.form) {
      case jsonForm.boolean:
        this.bytes[this.pos++] = data[start] === 0x74 ? 0x74 : 0x66
        return data[start] === 0x74 ? start + 4 : data[start] === 0x66 ? start + 5 : -1
      case jsonForm.integer:
      case jsonForm.number:
      case jsonForm.quotedNumber:
        return data[start] === quote ? this.string(data, start) : this.#number(data, start)
      case jsonForm.plainString:
      case jsonForm.hex:
        return this.string(data, start)
      case jsonForm.text:
        // A composite, which stands there as an object.
        return data[start] === openBrace ? this.#document(data, start) : this.string(data, start)
      case jsonForm.timestamp:
        return this.#timestamp(data, start)
      case jsonForm.base64:
        return this.#base64(data, start)
      case jsonForm.document:
        return this.#document(data, start)
      case jsonForm.list:
        return this.#list(cell.element as JsonCell, data, start)
    }
  }

  string(data: Buffer, start: number): number {
    if (data[start] !== quote) return -1
    const out = this.bytes
    let pos = this.pos
    let i = start + 1
    for (;;) {
      const byte = data[i++]
      if (byte === quote) break
      if (byte === undefined) return -1
      if (byte !== backslash) {
        out[pos++] = byte
        continue
      }
      const letter = data[i++]!
      if (letter !== 0x75) {
        out[pos++] = unescapes[letter]!
        continue
      }
      let code = hexCode(data, i)
      i += 4
      if (code >= 0xd800 && code < 0xdc00 && data[i] === backslash && data[i + 1] === 0x75) {
        code = 0x10000 + ((code - 0xd800) << 10) + (hexCode(data, i + 2) - 0xdc00)
        i += 6
      }
      if (code < 0x80) out[pos++] = code
      else pos += out.write(String.fromCodePoint(code), pos)
    }
    this.pos = pos
    return i
  }

  #number(data: Buffer, start: number): number {
    let i = start
    for (let byte = data[i]!; byte !== comma && byte !== closeBrace && byte !== closeBracket; byte = data[++i]!) {
      if (byte <= 0x20 || byte === undefined) return -1
      this.bytes[this.pos++] = byte
    }
    return i
  }

  /** `T` becomes a space, `+00:00` becomes `+00`. */
  #timestamp(data: Buffer, start: number): number {
    const from = this.pos
    const end = this.string(data, start)
    const out = this.bytes
    let to = from
    let sign = -1
    for (let i = from; i < this.pos; i++) {
      const byte = out[i]!
      if (byte === 0x54) out[to++] = 0x20
      else if (sign >= 0 && byte === 0x3a && to - sign === 3 && out[i + 1] === 0x30 && out[i + 2] === 0x30) i += 2
      else {
        if (byte === 0x2b) sign = to
        out[to++] = byte
      }
    }
    this.pos = to
    return end
  }

  #base64(data: Buffer, start: number): number {
    const end = data.indexOf(quote, start + 1)
    if (data[start] !== quote || end < 0) return -1
    const hex = Buffer.from(data.toString('latin1', start + 1, end), 'base64').toString('hex')
    this.pos += this.bytes.write(`\\x${hex}`, this.pos, 'latin1')
    return end + 1
  }

  /** Copies the document as it stands. */
  #document(data: Buffer, start: number): number {
    let depth = 0
    let i = start
    for (;;) {
      const byte = data[i]
      if (byte === undefined || byte === 0x0a) return -1
      if (depth === 0 && i > start && (byte === comma || byte === closeBrace || byte === closeBracket)) break
      if (byte === quote) {
        const from = i++
        while (data[i] !== quote) {
          if (data[i] === undefined) return -1
          i += data[i] === backslash ? 2 : 1
        }
        i++
        this.#copy(data, from, i)
        continue
      }
      if (byte === openBrace || byte === openBracket) depth++
      else if (byte === closeBrace || byte === closeBracket) depth--
      this.bytes[this.pos++] = byte
      i++
    }
    return i
  }

  #copy(data: Buffer, start: number, end: number): void {
    const out = this.bytes
    let pos = this.pos
    for (let i = start; i < end; i++) out[pos++] = data[i]!
    this.pos = pos
  }

  /** JSON arrays as PostgreSQL's array literal. */
  #list(element: JsonCell, data: Buffer, start: number): number {
    if (data[start] !== openBracket) return -1
    let depth = 0
    let i = start
    do {
      const byte = data[i]
      if (byte === openBracket) {
        depth++
        this.bytes[this.pos++] = openBrace
        i++
      } else if (byte === closeBracket) {
        depth--
        this.bytes[this.pos++] = closeBrace
        i++
      } else if (byte === comma) {
        this.bytes[this.pos++] = comma
        i++
      } else if (isNull(data, i)) {
        this.#copy(nullElement, 0, 4)
        i += 4
      } else {
        const from = this.pos
        i = this.cell(element, data, i)
        if (i < 0) return -1
        this.#quoteElement(from)
      }
    } while (depth > 0)
    return i
  }

  /** Puts the element written since `from` in quotes when a literal needs it. */
  #quoteElement(from: number): void {
    const out = this.bytes
    let marks = 0
    let needed = this.pos === from || isNullWord(out, from, this.pos)
    for (let i = from; i < this.pos; i++) {
      const byte = out[i]!
      if (quotedInLiteral[byte] === 0) continue
      needed = true
      if (byte === quote || byte === backslash) marks++
    }
    if (!needed) return
    let to = this.pos + marks + 1
    const end = to + 1
    out[to] = quote
    for (let i = this.pos - 1; i >= from; i--) {
      const byte = out[i]!
      out[--to] = byte
      if (byte === quote || byte === backslash) out[--to] = backslash
    }
    out[--to] = quote
    this.pos = end
  }
}

const nullElement = Buffer.from('NULL')

export function isNull(data: Buffer, i: number): boolean {
  return data[i] === 0x6e && data[i + 1] === 0x75 && data[i + 2] === 0x6c && data[i + 3] === 0x6c
}

function isNullWord(data: Buffer, start: number, end: number): boolean {
  return end - start === 4 && data.toString('latin1', start, end).toUpperCase() === 'NULL'
}

function hexCode(data: Buffer, i: number): number {
  return Number.parseInt(data.toString('latin1', i, i + 4), 16)
}
