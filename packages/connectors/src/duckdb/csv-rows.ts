import type { Piece } from '@millrace/formats'

const quote = 0x22
const comma = 0x2c
const lineFeed = 0x0a
const hash = 0x23
const backslash = 0x5c
const pieceBytes = 256 * 1024

/**
 * Cuts DuckDB's CSV into pieces of whole rows and makes it canonical: DuckDB also quotes fields that
 * begin with `#`, and does not quote a lone `\.`, which ends the data for PostgreSQL.
 */
export async function* csvRows(stream: AsyncIterable<Uint8Array>, columnCount: number): AsyncGenerator<Piece> {
  let waiting: Uint8Array[] = []
  let size = 0
  let wanted = pieceBytes
  const cut = (): Piece | null => {
    const bytes = waiting.length === 1 ? (waiting[0] as Uint8Array) : Buffer.concat(waiting)
    const { end, rows, edits } = scanRows(bytes, columnCount)
    const rest = bytes.subarray(end)
    waiting = rest.length > 0 ? [rest] : []
    size = rest.length
    // A row larger than a piece is looked at again only when twice as much is there.
    wanted = Math.max(pieceBytes, size * 2)
    if (end === 0) return null
    const whole = bytes.subarray(0, end)
    return { bytes: edits.length > 0 ? applyEdits(whole, edits) : whole, rows }
  }
  for await (const bytes of stream) {
    waiting.push(bytes)
    size += bytes.length
    if (size < wanted) continue
    const piece = cut()
    if (piece) yield piece
  }
  if (size > 0) {
    const piece = cut()
    if (piece) yield piece
  }
}

interface Edit {
  /** A quoted field (both quotes included) to print bare, or a bare one to quote. */
  readonly start: number
  readonly end: number
  readonly quoted: boolean
}

function scanRows(bytes: Uint8Array, columnCount: number): { rows: number; end: number; edits: Edit[] } {
  const length = bytes.length
  const edits: Edit[] = []
  let rows = 0
  let end = 0
  let at = 0
  while (at < length) {
    const byte = bytes[at]
    if (byte === quote) {
      const close = closingQuote(bytes, at + 1)
      if (close < 0) break
      if (bytes[at + 1] === hash && isPlain(bytes, at + 1, close))
        edits.push({ start: at, end: close + 1, quoted: true })
      at = close + 1
    } else if (byte === lineFeed) {
      if (columnCount === 1 && at - end === 2 && bytes[end] === backslash && bytes[end + 1] === 0x2e) {
        edits.push({ start: end, end: at, quoted: false })
      }
      rows++
      at++
      end = at
    } else at++
  }
  // Edits of the row that is not whole yet are found again with its rest.
  while (edits.length > 0 && (edits.at(-1) as Edit).start >= end) edits.pop()
  return { rows, end, edits }
}

/** Position of the quote that closes the field, -1 when it is not there yet; a quote at the very end may be the first of two. */
function closingQuote(bytes: Uint8Array, from: number): number {
  let at = from
  for (;;) {
    at = bytes.indexOf(quote, at)
    if (at < 0 || at + 1 >= bytes.length) return -1
    if (bytes[at + 1] !== quote) return at
    at += 2
  }
}

function isPlain(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at]
    if (byte === quote || byte === comma || byte === lineFeed || byte === 0x0d) return false
  }
  return true
}

function applyEdits(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const parts: Uint8Array[] = []
  const mark = Uint8Array.of(quote)
  let at = 0
  for (const { start, end, quoted } of edits) {
    parts.push(bytes.subarray(at, start))
    if (quoted) parts.push(bytes.subarray(start + 1, end - 1))
    else parts.push(mark, bytes.subarray(start, end), mark)
    at = end
  }
  parts.push(bytes.subarray(at))
  return Buffer.concat(parts)
}
