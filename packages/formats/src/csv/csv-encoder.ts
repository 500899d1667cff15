import type { RowEncoder } from '../encoder.ts'
import type { Column } from '../logical-type.ts'
import { OutputBuffer } from '../output-buffer.ts'
import type { Piece } from '../piece.ts'
import type { RowBlock } from '../row-block.ts'

export type CsvLineEnd = 'lf' | 'crlf'

export interface CsvEncoderOptions {
  readonly columns: readonly Column[]
  /** Default `lf`, PostgreSQL's form; `crlf` is strict RFC 4180. */
  readonly lineEnd?: CsvLineEnd
}

const quote = 0x22
const comma = 0x2c

/** 1 for every byte that makes a field need quotes. */
const needsQuotes = new Uint8Array(256)
for (const byte of [quote, comma, 0x0a, 0x0d]) needsQuotes[byte] = 1

/** Kinds whose canonical text can hold a quote, a comma, a line break or nothing at all. */
const freeText = new Set(['text', 'json', 'enum', 'list'])

/**
 * Canonical CSV from canonical text, byte for byte what PostgreSQL's COPY csv prints: NULL is
 * nothing, the empty string `""`, and in a table of one column a lone `\.` is quoted.
 */
export function createCsvEncoder({ columns, lineEnd = 'lf' }: CsvEncoderOptions): RowEncoder {
  const output = new OutputBuffer()
  const scanned = Uint8Array.from(columns, (column) => (freeText.has(column.type.kind) ? 1 : 0))
  const crlf = lineEnd === 'crlf'
  const single = columns.length === 1

  return {
    encode(block: RowBlock): Piece[] {
      if (block.rowCount === 0) return []
      const { data, starts, lengths, columnCount } = block
      output.pos = 0
      let cell = 0
      for (let row = 0; row < block.rowCount; row++) {
        let size = 2 + columnCount * 3
        for (let c = 0; c < columnCount; c++) if (lengths[cell + c]! > 0) size += lengths[cell + c]! * 2
        output.reserve(size)
        const out = output.bytes
        let pos = output.pos
        for (let c = 0; c < columnCount; c++, cell++) {
          if (c > 0) out[pos++] = comma
          const length = lengths[cell]!
          if (length < 0) continue
          const start = starts[cell]!
          const end = start + length
          if (scanned[c] === 0) {
            for (let i = start; i < end; i++) out[pos++] = data[i]!
            continue
          }
          const fieldStart = pos
          let i = start
          for (; i < end; i++) {
            const byte = data[i]!
            if (needsQuotes[byte] === 1) break
            out[pos++] = byte
          }
          if (i < end || length === 0 || (single && length === 2 && isEndMark(data, start))) {
            pos = writeQuoted(out, fieldStart, data, start, end)
          }
        }
        if (crlf) out[pos++] = 0x0d
        out[pos++] = 0x0a
        output.pos = pos
      }
      return [{ bytes: output.written(), rows: block.rowCount }]
    },
    finish: () => [],
  }
}

/** `\.`, which ends the data of a COPY. */
function isEndMark(data: Buffer, start: number): boolean {
  return data[start] === 0x5c && data[start + 1] === 0x2e
}

function writeQuoted(out: Buffer, at: number, data: Buffer, start: number, end: number): number {
  let pos = at
  out[pos++] = quote
  for (let i = start; i < end; i++) {
    const byte = data[i]!
    out[pos++] = byte
    if (byte === quote) out[pos++] = quote
  }
  out[pos++] = quote
  return pos
}

/** The header row, with its line end. */
export function csvHeader(columns: readonly Pick<Column, 'name'>[], lineEnd: CsvLineEnd = 'lf'): Buffer {
  const names = columns.map(({ name }) =>
    name === '' || /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name,
  )
  return Buffer.from(names.join(',') + (lineEnd === 'crlf' ? '\r\n' : '\n'))
}
