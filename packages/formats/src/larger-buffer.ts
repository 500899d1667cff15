import { DataError } from '@millrace/core'

/** PostgreSQL has no larger rows in COPY; what is larger elsewhere is damaged, or made to fill the memory. */
const mostRowBytes = 1 << 30

/**
 * Twice the room for a row that does not fit.
 *
 * @throws DataError `ROW_TOO_LARGE`
 */
export function largerBuffer(data: Buffer): Buffer<ArrayBuffer> {
  if (data.length >= mostRowBytes) {
    throw new DataError('ROW_TOO_LARGE', {
      message: 'A row has more than 1 GiB. Look whether the ends of rows or a closing quote are missing.',
    })
  }
  const larger = Buffer.allocUnsafeSlow(data.length * 2)
  larger.set(data)
  return larger
}
