import { canonicalFloatText } from '../hash/float-text.ts'
import type { LogicalType } from '../logical-type.ts'
import type { RowBlock } from '../row-block.ts'
import { offsetMinutes } from './value-forms.ts'

/** A column whose values have the form of its type, but not all of them the canonical one. */
export interface RewrittenColumn {
  readonly place: number
  readonly type: LogicalType
}

const zero = 0x30
const point = 0x2e

/**
 * Puts the values of some columns into canonical text. The block's own positions are changed; new
 * texts stand behind a copy of its data, which is used again for the next block.
 */
export function createCellRewriter(columns: readonly RewrittenColumn[]): (block: RowBlock) => RowBlock {
  let bytes = Buffer.alloc(0)
  return (block) => {
    if (columns.length === 0) return block
    const { data, starts, lengths, rowCount, columnCount } = block
    const longest = 32
    const size = data.length + rowCount * columns.length * longest
    if (bytes.length < size) bytes = Buffer.allocUnsafeSlow(size)
    bytes.set(data)
    let pos = data.length
    for (const { place, type } of columns) {
      const write = writer(type)
      for (let cell = place, row = 0; row < rowCount; row++, cell += columnCount) {
        const length = lengths[cell]!
        if (length < 0) continue
        const start = starts[cell]!
        const from = pos
        pos = write(bytes, pos, start, start + length)
        starts[cell] = from
        lengths[cell] = pos - from
      }
    }
    return { data: bytes, rowCount, columnCount, starts, lengths }
  }
}

/** Writes the canonical text of the value from `start` to `end` at `at`, and returns where that ends. */
type Write = (bytes: Buffer, at: number, start: number, end: number) => number

function writer(type: LogicalType): Write {
  switch (type.kind) {
    case 'boolean':
      return writeBoolean
    case 'time':
      return writeClock
    case 'timestamp':
      return type.utc ? writeInstant : writeTimestamp
    default:
      return writeFloat
  }
}

const writeBoolean: Write = (bytes, at, start) => {
  bytes[at] = bytes[start]! | 0x20
  return at + 1
}

const writeFloat: Write = (bytes, at, start, end) =>
  at + bytes.write(canonicalFloatText(Number(bytes.toString('latin1', start, end)), 64), at, 'latin1')

/** Without zeros at the end of the fraction. */
const writeClock: Write = (bytes, at, start, end) => {
  let to = end
  // A fraction begins at the ninth byte of a time and the twentieth of a timestamp.
  const fraction = end - start > 18 ? 19 : 8
  if (bytes[start + fraction] === point) {
    while (bytes[to - 1] === zero) to--
    if (bytes[to - 1] === point) to--
  }
  let pos = at
  for (let i = start; i < to; i++) bytes[pos++] = bytes[i]!
  return pos
}

const writeTimestamp: Write = (bytes, at, start, end) => {
  const pos = writeClock(bytes, at, start, end)
  bytes[at + 10] = 0x20
  return pos
}

const writeInstant: Write = (bytes, at, start, end) => {
  let zone = start + 19
  if (bytes[zone] === point) for (zone++; bytes[zone]! >= zero && bytes[zone]! <= 0x39; ) zone++
  let pos = writeTimestamp(bytes, at, start, zone)
  const offset = offsetMinutes(bytes, zone, end) ?? 0
  if (offset !== 0) {
    const local = `${bytes.toString('latin1', at, at + 10)}T${bytes.toString('latin1', at + 11, at + 19)}Z`
    bytes.write(
      new Date(Date.parse(local) - offset * 60_000).toISOString().slice(0, 19).replace('T', ' '),
      at,
      'latin1',
    )
  }
  bytes[pos++] = 0x2b
  bytes[pos++] = zero
  bytes[pos++] = zero
  return pos
}
