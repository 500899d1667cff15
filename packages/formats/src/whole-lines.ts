import { largerBuffer } from './larger-buffer.ts'

const bufferBytes = 1 << 20

/** Whole lines in a buffer that may be written over: `data` from 0 to `end`, each ended by LF. */
export interface WholeLines {
  readonly data: Buffer
  readonly end: number
}

/**
 * Collects a stream into large runs of whole lines, for formats in which a raw LF always ends a
 * row. Lines longer than the buffer make it grow; a last line without LF gets one. A run is valid
 * until the next one is asked for.
 *
 * @throws DataError `ROW_TOO_LARGE`
 */
export async function* wholeLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<WholeLines> {
  let data = Buffer.allocUnsafeSlow(bufferBytes)
  let end = 0
  for await (const chunk of source) {
    for (let taken = 0; taken < chunk.length; ) {
      const size = Math.min(chunk.length - taken, data.length - end)
      data.set(chunk.subarray(taken, taken + size), end)
      const filledFrom = end
      end += size
      taken += size
      if (end < data.length) continue
      const whole = data.subarray(filledFrom, end).lastIndexOf(0x0a) + 1
      // The part before `filledFrom` can hold whole lines too: chunks are small, the buffer is not.
      const cut = whole > 0 ? filledFrom + whole : data.subarray(0, filledFrom).lastIndexOf(0x0a) + 1
      if (cut === 0) {
        data = largerBuffer(data)
        continue
      }
      // The run may be changed by whoever takes it, the rest must not be.
      yield { data, end: cut }
      data.copyWithin(0, cut, end)
      end -= cut
    }
  }
  if (end === 0) return
  if (data[end - 1] !== 0x0a) {
    if (end === data.length) data = Buffer.concat([data, Buffer.alloc(1)])
    data[end++] = 0x0a
  }
  yield { data, end }
}
