import type { RowBlock } from '../row-block.ts'
import type { ColumnBuilder } from './column-builder.ts'

/**
 * Appends the cells of one column, rows `from` to `to` of a block, to the column's builder: exactly
 * one level per row (one list entry for a list column).
 */
export type ColumnDecoder = (block: RowBlock, column: number, from: number, to: number, out: ColumnBuilder) => void

/** A view of the block's buffer, whose offsets are those of `starts`. */
export function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength)
}

/** Cells whose bytes are stored as they are. */
export const decodeBytes: ColumnDecoder = (block, column, from, to, out) => {
  const { data, starts, lengths, columnCount } = block
  const view = viewOf(data)
  out.reserve(to - from)
  const end = to * columnCount
  for (let i = from * columnCount + column; i < end; i += columnCount) {
    const length = lengths[i] as number
    if (length < 0) out.levels[out.rows++] = 0
    else out.appendBytes(data, view, starts[i] as number, length)
  }
}

/** Decodes a cell at `start` of `length` bytes into the builder's next value; false when it was rejected and becomes NULL. */
export type FixedCell = (data: Uint8Array, view: DataView, start: number, length: number, out: ColumnBuilder) => boolean

/** A decoder of fixed-width cells out of a function for one cell. */
export function decodeFixed(cell: FixedCell): ColumnDecoder {
  return (block, column, from, to, out) => {
    const { data, starts, lengths, columnCount } = block
    const view = viewOf(data)
    out.reserve(to - from)
    const end = to * columnCount
    for (let i = from * columnCount + column; i < end; i += columnCount) {
      const length = lengths[i] as number
      if (length >= 0 && cell(data, view, starts[i] as number, length, out)) {
        out.values++
        out.levels[out.rows++] = 1
      } else out.levels[out.rows++] = 0
    }
  }
}
