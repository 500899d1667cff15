import { hash } from 'node:crypto'
import { type ContentHash, contentHash } from '../content-hash.ts'
import type { Column, LogicalType } from '../logical-type.ts'
import { OutputBuffer } from '../output-buffer.ts'
import type { RowBlock } from '../row-block.ts'
import { isShortestFloat, writeDuration, writeFloat, writeNumber, writeTime } from './normal-text.ts'

export interface RowHasher {
  update(block: RowBlock): void
  /** Of all rows so far. */
  digest(): ContentHash
}

const tilde = 0x7e
const colon = 0x3a

const form = { asIs: 0, number: 1, float32: 2, float64: 3, time: 4, duration: 5 } as const
type Form = (typeof form)[keyof typeof form]

/**
 * Takes the content hash of rows of canonical text. What may differ between two systems' own
 * printing is made equal first: zeros before an integer, the shape of a float, zeros after a
 * second; a duration is hashed as microseconds.
 */
export function createRowHasher(columns: readonly Column[]): RowHasher {
  const forms = columns.map(({ type }) => formOf(type))
  const row = new OutputBuffer()
  const scratch = Buffer.alloc(128)
  let rows = 0
  let high = 0n
  let low = 0n

  return {
    update(block) {
      const { data, starts, lengths, columnCount, rowCount } = block
      // Sums of 32-bit words stay exact for two million rows.
      let a = 0
      let b = 0
      let c = 0
      let d = 0
      let pending = 0
      let cell = 0
      for (let r = 0; r < rowCount; r++) {
        row.pos = 0
        for (let column = 0; column < columnCount; column++, cell++) {
          const length = lengths[cell]!
          if (length < 0) {
            row.reserve(1)
            row.bytes[row.pos++] = tilde
            continue
          }
          const start = starts[cell]!
          const kind = forms[column]!
          if (kind === form.asIs || length > maxNormalized) writeCell(row, data, start, length)
          else writeNormalized(row, scratch, kind, data, start, length)
        }
        const digest = hash('md5', row.bytes.subarray(0, row.pos), 'binary')
        a += word(digest, 0)
        b += word(digest, 4)
        c += word(digest, 8)
        d += word(digest, 12)
        if (++pending === 1 << 20 || r === rowCount - 1) {
          high += (BigInt(a) << 32n) + BigInt(b)
          low += (BigInt(c) << 32n) + BigInt(d)
          a = b = c = d = pending = 0
        }
      }
      rows += rowCount
    },
    digest: () => contentHash(rows, high, low),
  }
}

/** Longer numbers and times do not come in other shapes; decimals of many digits do not fit the scratch buffer. */
const maxNormalized = 100

function formOf(type: LogicalType): Form {
  switch (type.kind) {
    case 'integer':
    case 'decimal':
      return form.number
    case 'float':
      return type.bits === 32 ? form.float32 : form.float64
    case 'time':
    case 'timestamp':
      return form.time
    case 'duration':
      return form.duration
    default:
      return form.asIs
  }
}

function writeNormalized(
  row: OutputBuffer,
  scratch: Buffer,
  kind: Form,
  data: Buffer,
  start: number,
  length: number,
): void {
  const end = start + length
  let size = 0
  if (kind === form.number) size = writeNumber(scratch, data, start, end)
  else if (kind === form.time) size = writeTime(scratch, data, start, end)
  else if (kind === form.duration) size = writeDuration(scratch, data, start, end)
  else {
    const bits = kind === form.float32 ? 32 : 64
    if (isShortestFloat(data, start, end, bits)) {
      writeCell(row, data, start, length)
      return
    }
    size = writeFloat(scratch, data, start, end, bits)
  }
  writeCell(row, scratch, 0, size)
}

/** Length, colon, text. */
function writeCell(row: OutputBuffer, data: Buffer, start: number, length: number): void {
  row.reserve(length + 12)
  const out = row.bytes
  let pos = row.pos
  if (length < 10) out[pos++] = 0x30 + length
  else if (length < 100) {
    out[pos++] = 0x30 + ((length / 10) | 0)
    out[pos++] = 0x30 + (length % 10)
  } else pos += out.write(String(length), pos, 'latin1')
  out[pos++] = colon
  const end = start + length
  for (let i = start; i < end; i++) out[pos++] = data[i]!
  row.pos = pos
}

/** A big-endian unsigned word of a digest. */
function word(digest: string, at: number): number {
  return (
    ((digest.charCodeAt(at) << 24) |
      (digest.charCodeAt(at + 1) << 16) |
      (digest.charCodeAt(at + 2) << 8) |
      digest.charCodeAt(at + 3)) >>>
    0
  )
}
