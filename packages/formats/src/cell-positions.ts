import type { RowBlock } from './row-block.ts'

/** Cell positions of a block under construction; they grow with the rows and are used again for the next block. */
export class CellPositions {
  starts: Int32Array
  lengths: Int32Array
  count = 0

  constructor(capacity = 1 << 14) {
    this.starts = new Int32Array(capacity)
    this.lengths = new Int32Array(capacity)
  }

  /** Makes room for `cells` more. */
  reserve(cells: number): void {
    if (this.count + cells <= this.starts.length) return
    const capacity = Math.max(this.count + cells, this.starts.length * 2)
    const starts = new Int32Array(capacity)
    const lengths = new Int32Array(capacity)
    starts.set(this.starts)
    lengths.set(this.lengths)
    this.starts = starts
    this.lengths = lengths
  }

  block(data: Buffer, rowCount: number, columnCount: number): RowBlock {
    return { data, rowCount, columnCount, starts: this.starts, lengths: this.lengths }
  }
}
