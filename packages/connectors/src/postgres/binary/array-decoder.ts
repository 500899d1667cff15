import { type ColumnDecoder, type RowBlock, viewOf } from '@millrace/formats'

const headerBytes = 12

/**
 * Arrays of one dimension as lists. An array is sent as the number of its dimensions, a NULL flag,
 * the element's type, size and lower bound of each dimension, then the elements behind their
 * lengths; these are handed to the element's decoder as a block of their own.
 */
export function arrayDecoder(element: ColumnDecoder): ColumnDecoder {
  let elementStarts = new Int32Array(1024)
  let elementLengths = new Int32Array(1024)
  return ({ data, starts, lengths, columnCount }: RowBlock, column, from, to, out) => {
    const view = viewOf(data)
    out.reserveLists(to - from)
    let elements = 0
    const end = to * columnCount
    for (let i = from * columnCount + column; i < end; i += columnCount) {
      if ((lengths[i] as number) < 0) {
        out.lists[out.listRows++] = -1
        continue
      }
      const start = starts[i] as number
      const dimensions = view.getInt32(start)
      if (dimensions > 1) {
        out.reject('list-dimensions', `an array of ${dimensions} dimensions`)
        out.lists[out.listRows++] = -1
        continue
      }
      const count = dimensions === 0 ? 0 : view.getInt32(start + headerBytes)
      if (count > 0 && view.getInt32(start + headerBytes + 4) !== 1) out.altered('array-bounds')
      if (elements + count > elementStarts.length) {
        elementStarts = grown(elementStarts, elements + count)
        elementLengths = grown(elementLengths, elements + count)
      }
      let at = start + headerBytes + 8
      for (let k = 0; k < count; k++) {
        const length = view.getInt32(at)
        at += 4
        elementStarts[elements] = at
        elementLengths[elements++] = length
        if (length > 0) at += length
      }
      out.lists[out.listRows++] = count
    }
    const block = { data, rowCount: elements, columnCount: 1, starts: elementStarts, lengths: elementLengths }
    element(block, 0, 0, elements, out)
  }
}

function grown(array: Int32Array, atLeast: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(Math.max(atLeast, array.length * 2))
  copy.set(array)
  return copy
}
