import { DataError } from '@millrace/core'
import { CellPositions } from '../cell-positions.ts'
import { largerBuffer } from '../larger-buffer.ts'
import type { RowBlock } from '../row-block.ts'

export interface CsvReaderOptions {
  readonly columnCount: number
  /** The first row names the columns and is left out, with a byte order mark before it. Default false. */
  readonly header?: boolean
  /** One ASCII character. Default a comma. */
  readonly delimiter?: string
  /** Leaves doubled quotes as they stand, for a look at the values that text may do without. Default false. */
  readonly raw?: boolean
}

const bufferBytes = 1 << 20
const quote = 0x22
const lf = 0x0a
const cr = 0x0d

/** Where the scan stands: it survives the end of the buffer, so that a field may be of any size. */
const fieldStart = 0
const unquoted = 1
const quoted = 2
/** After a quote within a quoted field: the field's end, or the first of two. */
const afterQuote = 3

/**
 * Reads RFC 4180 with LF or CRLF row ends. An empty unquoted field is NULL, `""` the empty string.
 * Blank lines are passed over unless the rows have one column, where they are a NULL.
 *
 * @throws DataError `CSV_RAGGED_ROW`, `CSV_UNTERMINATED_QUOTE`, `CSV_STRAY_QUOTE`, each with the line; `ROW_TOO_LARGE`
 */
export async function* readCsv(
  source: AsyncIterable<Uint8Array>,
  { columnCount, header = false, delimiter = ',', raw = false }: CsvReaderOptions,
): AsyncGenerator<RowBlock> {
  const parser = new CsvParser(columnCount, header, delimiter, raw)
  for await (const chunk of source) {
    for (let taken = 0; taken < chunk.length; ) {
      taken += parser.fill(chunk, taken)
      if (!parser.full) continue
      parser.scan()
      if (parser.rows > 0) yield parser.block()
      parser.release()
    }
  }
  parser.scan()
  parser.finish()
  if (parser.rows > 0) yield parser.block()
}

class CsvParser {
  rows = 0
  readonly #columnCount: number
  readonly #delimiter: number
  readonly #raw: boolean
  /** 1 for the bytes that end an unquoted field, or do not belong in one. */
  readonly #endsUnquoted = new Uint8Array(256)
  readonly #cells = new CellPositions()
  #data = Buffer.allocUnsafeSlow(bufferBytes)
  #end = 0
  /** First byte that was not scanned. */
  #pos = 0
  #state = fieldStart
  #rowStart = 0
  #cellStart = 0
  #column = 0
  /** Cells that hold doubled quotes, as indexes; they are unescaped when the block is handed out. */
  #escaped: number[] = []
  #cellEscaped = false
  /** Of the row that is being scanned, from 1. */
  #line = 1
  #lineBreaks = 0
  #skipHeader: boolean

  constructor(columnCount: number, header: boolean, delimiter: string, raw: boolean) {
    this.#columnCount = columnCount
    this.#delimiter = delimiter.charCodeAt(0)
    this.#raw = raw
    for (const byte of [quote, this.#delimiter, lf]) this.#endsUnquoted[byte] = 1
    this.#skipHeader = header
  }

  get full(): boolean {
    return this.#end === this.#data.length
  }

  /** Copies what fits, returns how much that was. */
  fill(chunk: Uint8Array, from: number): number {
    const size = Math.min(chunk.length - from, this.#data.length - this.#end)
    this.#data.set(from === 0 && size === chunk.length ? chunk : chunk.subarray(from, from + size), this.#end)
    this.#end += size
    return size
  }

  scan(): void {
    const data = this.#data
    const end = this.#end
    const delimiter = this.#delimiter
    const endsUnquoted = this.#endsUnquoted
    let pos = this.#pos
    if (this.#skipHeader && pos === 0 && data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf) pos = 3
    while (pos < end) {
      switch (this.#state) {
        case fieldStart: {
          this.#cellStart = pos
          this.#cellEscaped = false
          if (data[pos] === quote) {
            this.#state = quoted
            pos++
          } else this.#state = unquoted
          break
        }
        case unquoted: {
          while (pos < end && endsUnquoted[data[pos]!] === 0) pos++
          if (pos === end) break
          const byte = data[pos]!
          if (byte === delimiter) this.#endCell(this.#cellStart, pos, true)
          else if (byte === lf) {
            const stop = pos > this.#cellStart && data[pos - 1] === cr ? pos - 1 : pos
            this.#endRow(this.#cellStart, stop, true, pos + 1)
          } else this.#refuseQuote()
          pos++
          break
        }
        case quoted: {
          for (; pos < end && data[pos] !== quote; pos++) if (data[pos] === lf) this.#lineBreaks++
          if (pos === end) break
          pos++
          this.#state = afterQuote
          break
        }
        default: {
          const byte = data[pos]!
          // A CR before the LF moves the closing quote one byte back.
          const close = data[pos - 1] === cr ? pos - 2 : pos - 1
          if (byte === quote && close === pos - 1) {
            this.#cellEscaped = true
            this.#state = quoted
          } else if (byte === delimiter && close === pos - 1) this.#endCell(this.#cellStart + 1, close, false)
          else if (byte === lf) this.#endRow(this.#cellStart + 1, close, false, pos + 1)
          else if (byte !== cr || close !== pos - 1) this.#refuseQuote()
          pos++
        }
      }
    }
    this.#pos = pos
  }

  #endCell(start: number, end: number, canBeNull: boolean): void {
    const cells = this.#cells
    if (this.#column === 0) cells.reserve(this.#columnCount)
    if (this.#column < this.#columnCount) {
      const index = cells.count + this.#column
      cells.starts[index] = start
      cells.lengths[index] = canBeNull && start === end ? -1 : end - start
      if (this.#cellEscaped && !this.#raw) this.#escaped.push(index)
    }
    this.#column++
    this.#state = fieldStart
  }

  #endRow(start: number, end: number, canBeNull: boolean, next: number): void {
    this.#rowStart = next
    const blank = this.#column === 0 && canBeNull && start === end
    if (blank && this.#columnCount > 1) {
      this.#state = fieldStart
      this.#line++
      return
    }
    this.#endCell(start, end, canBeNull)
    if (this.#skipHeader) {
      this.#skipHeader = false
      this.#escaped.length = 0
    } else {
      if (this.#column !== this.#columnCount) this.#refuseRagged()
      this.#cells.count += this.#columnCount
      this.rows++
    }
    this.#column = 0
    this.#line += 1 + this.#lineBreaks
    this.#lineBreaks = 0
  }

  block(): RowBlock {
    const { starts, lengths, count } = this.#cells
    let kept = 0
    for (const cell of this.#escaped) {
      if (cell < count) lengths[cell] = unescapeQuotes(this.#data, starts[cell]!, lengths[cell]!)
      else this.#escaped[kept++] = cell - count
    }
    this.#escaped.length = kept
    return this.#cells.block(this.#data, this.rows, this.#columnCount)
  }

  /** Takes the room of the rows back: the row that was cut off moves to the front, or the buffer grows around it. */
  release(): void {
    const { starts, lengths, count } = this.#cells
    const shift = this.#rowStart
    if (shift === 0) {
      this.#data = largerBuffer(this.#data)
    } else {
      this.#data.copyWithin(0, shift, this.#end)
    }
    const held = Math.min(this.#column, this.#columnCount)
    for (let c = 0; c < held; c++) {
      starts[c] = starts[count + c]! - shift
      lengths[c] = lengths[count + c]!
    }
    this.#cells.count = 0
    this.rows = 0
    this.#rowStart = 0
    this.#cellStart -= shift
    this.#pos -= shift
    this.#end -= shift
  }

  /** The last row may do without a line end. */
  finish(): void {
    if (this.#state === quoted) {
      throw new DataError('CSV_UNTERMINATED_QUOTE', {
        message: `Line ${this.#line}: a quoted field never ends. The file is probably cut off; write it again, or close the quote.`,
        details: { line: this.#line },
      })
    }
    if (this.#state === fieldStart && this.#column === 0) return
    const end = this.#data[this.#end - 1] === cr ? this.#end - 1 : this.#end
    if (this.#state === afterQuote) this.#endRow(this.#cellStart + 1, end - 1, false, this.#end)
    else this.#endRow(this.#state === fieldStart ? this.#end : this.#cellStart, end, true, this.#end)
  }

  #refuseRagged(): never {
    throw new DataError('CSV_RAGGED_ROW', {
      message: `Line ${this.#line} has ${this.#column} ${this.#column === 1 ? 'field' : 'fields'} where ${this.#columnCount} are expected. Correct the line, or quote its commas and line breaks.`,
      details: { line: this.#line, fields: this.#column, expected: this.#columnCount },
    })
  }

  #refuseQuote(): never {
    throw new DataError('CSV_STRAY_QUOTE', {
      message: `Line ${this.#line}, field ${this.#column + 1} has a quote in a place where none may stand. Put the whole field in quotes and double the quotes within.`,
      details: { line: this.#line, field: this.#column + 1 },
    })
  }
}

/** Halves doubled quotes in place, returns the new length. */
function unescapeQuotes(data: Buffer, start: number, length: number): number {
  const end = start + length
  let to = start
  for (let i = start; i < end; i++) {
    const byte = data[i]!
    data[to++] = byte
    if (byte === quote) i++
  }
  return to - start
}
