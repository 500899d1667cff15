import { FatalError } from '@millrace/core'
import { type RowBlock, viewOf } from '@millrace/formats'

export interface BinaryRowParser {
  /**
   * Finds the fields of the whole rows in `bytes` (payloads of COPY's binary format one behind the
   * other; the stream's header and trailer may be among them). The block looks into `bytes` and is
   * valid until the next call.
   */
  parse(bytes: Buffer): RowBlock
}

/** `PGCOPY\n\377\r\n\0`, flags, length of the extension. */
const headerBytes = 19

export function createBinaryRowParser(columnCount: number): BinaryRowParser {
  let starts = new Int32Array(1024 * columnCount)
  let lengths = new Int32Array(1024 * columnCount)

  function grow(): void {
    const moreStarts = new Int32Array(starts.length * 2 + columnCount)
    moreStarts.set(starts)
    starts = moreStarts
    const moreLengths = new Int32Array(starts.length)
    moreLengths.set(lengths)
    lengths = moreLengths
  }

  return {
    parse(bytes) {
      const view = viewOf(bytes)
      const end = bytes.length
      let at = 0
      let cell = 0
      let rowCount = 0
      while (at < end) {
        if (at + 2 > end) throw corrupt()
        const fields = view.getInt16(at)
        if (fields !== columnCount) {
          if (fields === -1) break
          // No table has as many columns as the first letters of the header would mean.
          if (fields !== 0x5047 || at + headerBytes > end) throw corrupt()
          at += headerBytes + view.getInt32(at + headerBytes - 4)
          continue
        }
        at += 2
        if (cell + columnCount > starts.length) grow()
        for (let column = 0; column < columnCount; column++) {
          if (at + 4 > end) throw corrupt()
          const length = view.getInt32(at)
          at += 4
          starts[cell] = at
          lengths[cell++] = length
          if (length > 0) at += length
        }
        rowCount++
      }
      if (at > end) throw corrupt()
      return { data: bytes, rowCount, columnCount, starts, lengths }
    },
  }
}

function corrupt(): FatalError {
  return new FatalError('COPY_BINARY_CORRUPT', {
    message:
      'The server sent rows in binary form that do not have the planned columns. Did the table change in the middle of the read? Run again.',
  })
}
