import type { RowEncoder } from '../encoder.ts'
import type { Column } from '../logical-type.ts'
import type { Piece } from '../piece.ts'
import type { LossLedger } from '../policy.ts'
import type { RowBlock } from '../row-block.ts'
import { type JsonOptions, jsonColumns, rowOverhead } from './json-columns.ts'
import { JsonWriter } from './json-writer.ts'

export interface NdjsonEncoderOptions {
  readonly columns: readonly Column[]
  readonly options?: JsonOptions
  /** Counts JSON nulls and line breaks in embedded documents, and lower bounds of arrays. */
  readonly ledger: LossLedger
}

/**
 * One JSON object per row, keys in column order, from canonical text. Numbers keep their digits,
 * documents are embedded as they are.
 */
export function createNdjsonEncoder({ columns, options = {}, ledger }: NdjsonEncoderOptions): RowEncoder {
  const cells = jsonColumns(columns, options)
  const overhead = rowOverhead(cells)
  const writer = new JsonWriter(ledger)

  return {
    encode(block: RowBlock): Piece[] {
      if (block.rowCount === 0) return []
      const { data, starts, lengths, columnCount } = block
      writer.pos = 0
      let cell = 0
      for (let row = 0; row < block.rowCount; row++) {
        let size = overhead
        for (let c = 0; c < columnCount; c++) if (lengths[cell + c]! > 0) size += lengths[cell + c]! * 6
        writer.reserve(size)
        for (let c = 0; c < columnCount; c++, cell++) {
          const column = cells[c]!
          writer.token(column.key)
          const length = lengths[cell]!
          if (length < 0) writer.null()
          else writer.cell(column, data, starts[cell]!, starts[cell]! + length)
        }
        if (columnCount === 0) writer.bytes[writer.pos++] = 0x7b
        writer.bytes[writer.pos++] = 0x7d
        writer.bytes[writer.pos++] = 0x0a
      }
      return [{ bytes: writer.written(), rows: block.rowCount }]
    },
    finish: () => [],
  }
}
