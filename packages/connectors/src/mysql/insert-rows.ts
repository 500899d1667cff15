import { DataError } from '@millrace/core'
import type { RowBlock } from '@millrace/formats'
import type { StoredAs } from './stored-block.ts'

const escapes = new Uint8Array(256)
for (const [byte, letter] of [
  [0x00, 0x30],
  [0x27, 0x27],
  [0x5c, 0x5c],
  [0x1a, 0x5a],
] as const) {
  escapes[byte] = letter
}

const before: Readonly<Record<StoredAs, string>> = { text: "'", hex: "x'", 'wkb-hex': "ST_GeomFromWKB(x'", bits: '' }
const after: Readonly<Record<StoredAs, string>> = { text: "'", hex: "'", 'wkb-hex': "')", bits: '' }

/**
 * Rows as multi-row INSERT statements of at most `maxBytes`, for servers that take no LOAD DATA
 * LOCAL. Each statement is valid until the next one is asked for.
 */
export function* insertStatements(
  block: RowBlock,
  into: string,
  forms: readonly StoredAs[],
  constant: string,
  maxBytes: number,
): Generator<Uint8Array> {
  const { data, starts, lengths, rowCount, columnCount } = block
  const head = Buffer.from(`INSERT INTO ${into} VALUES `)
  const opens = forms.map((form) => Buffer.from(before[form]))
  const closes = forms.map((form) => Buffer.from(after[form]))
  const tail = Buffer.from(`,${constant})`)
  let out = Buffer.allocUnsafe(Math.min(maxBytes, 1 << 20))
  let at = head.copy(out)
  for (let row = 0; row < rowCount; row++) {
    let bound = tail.length + 3
    for (let cell = row * columnCount; cell < (row + 1) * columnCount; cell++)
      bound += Math.max(0, lengths[cell] as number) * 2 + 24
    if (at + bound > maxBytes && at > head.length) {
      yield out.subarray(0, at)
      at = head.length
    }
    if (at + bound > out.length) {
      const grown = Buffer.allocUnsafe(Math.max(out.length * 2, at + bound))
      out.copy(grown, 0, 0, at)
      out = grown
    }
    if (at > head.length) out[at++] = 0x2c
    out[at++] = 0x28
    for (let column = 0; column < columnCount; column++) {
      const cell = row * columnCount + column
      if (column > 0) out[at++] = 0x2c
      const length = lengths[cell] as number
      if (length < 0) {
        at += out.write('NULL', at, 'latin1')
        continue
      }
      at += (opens[column] as Buffer).copy(out, at)
      const start = starts[cell] as number
      for (let from = start; from < start + length; from++) {
        const byte = data[from] as number
        const letter = escapes[byte] as number
        if (letter !== 0) out[at++] = 0x5c
        out[at++] = letter === 0 ? byte : letter
      }
      at += (closes[column] as Buffer).copy(out, at)
    }
    at += tail.copy(out, at)
    if (at > maxBytes) {
      throw new DataError('ROW_TOO_LARGE', {
        message: `A row of ${at} bytes is more than the server takes in one statement (${maxBytes}). Raise max_allowed_packet, or switch local_infile on at the server.`,
      })
    }
  }
  if (at > head.length) yield out.subarray(0, at)
}
