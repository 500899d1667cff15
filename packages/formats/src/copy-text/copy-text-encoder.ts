import type { RowEncoder } from '../encoder.ts'
import type { Column } from '../logical-type.ts'
import { OutputBuffer } from '../output-buffer.ts'
import type { Piece } from '../piece.ts'
import type { RowBlock } from '../row-block.ts'
import { mysqlLetters, postgresLetters } from './copy-escapes.ts'

export interface CopyTextEncoderOptions {
  readonly columns: readonly Column[]
  /** `postgres`: COPY … FROM STDIN. `mysql`: LOAD DATA with its default field and line options. */
  readonly dialect: 'postgres' | 'mysql'
}

const backslash = 0x5c

/** Kinds whose canonical text can hold a byte that needs an escape. */
const escaped = new Set(['text', 'json', 'enum', 'list', 'binary'])

/**
 * Tab-separated rows of canonical text with `\N` for NULL. The values are escaped, not converted:
 * what `t` or `\xff` means to a column is for the statement that loads the rows to say.
 */
export function createCopyTextEncoder({ columns, dialect }: CopyTextEncoderOptions): RowEncoder {
  const output = new OutputBuffer()
  const letters = dialect === 'postgres' ? postgresLetters : mysqlLetters
  const scanned = Uint8Array.from(columns, (column) => (escaped.has(column.type.kind) ? 1 : 0))

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
          if (c > 0) out[pos++] = 0x09
          const length = lengths[cell]!
          if (length < 0) {
            out[pos++] = backslash
            out[pos++] = 0x4e
            continue
          }
          const start = starts[cell]!
          const end = start + length
          if (scanned[c] === 0) {
            for (let i = start; i < end; i++) out[pos++] = data[i]!
            continue
          }
          for (let i = start; i < end; i++) {
            const byte = data[i]!
            const letter = letters[byte]!
            if (letter === 0) out[pos++] = byte
            else {
              out[pos++] = backslash
              out[pos++] = letter
            }
          }
        }
        out[pos++] = 0x0a
        output.pos = pos
      }
      return [{ bytes: output.written(), rows: block.rowCount }]
    },
    finish: () => [],
  }
}
