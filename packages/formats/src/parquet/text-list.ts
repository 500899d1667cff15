import type { RowBlock } from '../row-block.ts'
import type { ColumnDecoder } from './column-decoder.ts'
import { cellText } from './text-numbers.ts'

const open = 0x7b
const close = 0x7d
const comma = 0x2c
const quote = 0x22
const backslash = 0x5c

/** A growing one-column block that collects the elements of lists. */
export class ElementBlock implements RowBlock {
  readonly columnCount = 1
  data = Buffer.alloc(4096)
  starts = new Int32Array(256)
  lengths = new Int32Array(256)
  rowCount = 0
  #used = 0

  clear(): void {
    this.rowCount = 0
    this.#used = 0
  }

  /** Forgets the elements from `rowCount` on; their bytes go with the next `clear`. */
  truncate(rowCount: number): void {
    this.rowCount = rowCount
  }

  /** Begins an element whose bytes follow by `push`. */
  begin(): void {
    this.#cell(this.#used, 0)
  }

  push(byte: number): void {
    if (this.#used === this.data.length) {
      const data = Buffer.alloc(this.data.length * 2)
      data.set(this.data)
      this.data = data
    }
    this.data[this.#used++] = byte
    this.lengths[this.rowCount - 1] = (this.lengths[this.rowCount - 1] as number) + 1
  }

  addNull(): void {
    this.#cell(this.#used, -1)
  }

  #cell(start: number, length: number): void {
    if (this.rowCount === this.starts.length) {
      this.starts = grown(this.starts)
      this.lengths = grown(this.lengths)
    }
    this.starts[this.rowCount] = start
    this.lengths[this.rowCount++] = length
  }
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(array.length * 2)
  copy.set(array)
  return copy
}

/** Reads PostgreSQL's array literals of one dimension; `nested` keeps an inner list as the text it is. */
export function listTextDecoder(element: ColumnDecoder, nested: boolean): ColumnDecoder {
  const elements = new ElementBlock()
  return (block, column, from, to, out) => {
    const { data, starts, lengths, columnCount } = block
    elements.clear()
    out.reserveLists(to - from)
    const end = to * columnCount
    for (let i = from * columnCount + column; i < end; i += columnCount) {
      const length = lengths[i] as number
      const start = starts[i] as number
      const before = elements.rowCount
      const count = length < 0 ? -1 : readArray(data, start, start + length, elements, nested)
      if (typeof count === 'number') out.lists[out.listRows++] = count
      else {
        elements.truncate(before)
        out.reject(count, cellText(data, start, Math.min(length, 200)))
        out.lists[out.listRows++] = -1
      }
      if (length > 0 && data[start] === 0x5b && typeof count === 'number') out.altered('array-bounds')
    }
    element(elements, 0, 0, elements.rowCount, out)
  }
}

/** Appends the elements of one literal and returns their number, or why it cannot be a list. */
function readArray(
  data: Uint8Array,
  start: number,
  end: number,
  elements: ElementBlock,
  nested: boolean,
): number | 'list-dimensions' | 'invalid-text' {
  const before = elements.rowCount
  let at = start
  // `[2:3]={7,8}`: bounds other than 1 stand before the braces.
  if (data[at] === 0x5b) {
    while (at < end && data[at] !== 0x3d) at++
    at++
  }
  if (data[at] !== open || data[end - 1] !== close) return 'invalid-text'
  at++
  const last = end - 1
  if (at === last) return 0
  while (at <= last) {
    elements.begin()
    if (data[at] === quote) {
      for (at++; at < last && data[at] !== quote; at++) {
        if (data[at] === backslash) at++
        elements.push(data[at] as number)
      }
      at++
    } else if (data[at] === open) {
      if (!nested) return 'list-dimensions'
      at = readNested(data, at, last, elements)
    } else {
      const from = at
      let escaped = false
      for (; at < last && data[at] !== comma; at++) {
        if (data[at] === backslash) {
          escaped = true
          at++
        }
        elements.push(data[at] as number)
      }
      if (!escaped && at - from === 4 && isNull(data, from)) {
        elements.truncate(elements.rowCount - 1)
        elements.addNull()
      }
    }
    if (at < last && data[at] !== comma) return 'invalid-text'
    at++
  }
  return elements.rowCount - before
}

function readNested(data: Uint8Array, start: number, last: number, elements: ElementBlock): number {
  let depth = 0
  let quoted = false
  let at = start
  for (; at < last; at++) {
    const byte = data[at] as number
    elements.push(byte)
    if (byte === backslash) elements.push(data[++at] as number)
    else if (byte === quote) quoted = !quoted
    else if (!quoted && byte === open) depth++
    else if (!quoted && byte === close && --depth === 0) return at + 1
  }
  return at
}

const isNull = (data: Uint8Array, at: number) =>
  ((data[at] as number) | 32) === 0x6e &&
  ((data[at + 1] as number) | 32) === 0x75 &&
  ((data[at + 2] as number) | 32) === 0x6c &&
  ((data[at + 3] as number) | 32) === 0x6c
