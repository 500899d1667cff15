import { canonicalFloatText, type LogicalType, type LossLedger, type RowBlock } from '@millrace/formats'
import { geometryNames, parseDeclaration } from './types.ts'

/** A column as it comes from the server, and what it stands for. */
export interface ReadColumn {
  readonly name: string
  /** The type that the cell's text has to be canonical for. */
  readonly type: LogicalType
  /** The server's declaration of the column that is read. */
  readonly declaration: string
}

type Rewrite =
  | 'as-is'
  | 'strip-zeros'
  | 'trim-fraction'
  | 'zoned'
  | 'float32'
  | 'float64'
  | 'hex'
  | 'wkb-hex'
  | 'bits'
  | 'boolean'

/** What the server's text of a cell lacks to be canonical. */
function rewriteOf({ type, declaration }: ReadColumn): Rewrite {
  const { name, numbers, zerofill } = parseDeclaration(declaration)
  if (geometryNames.has(name)) return 'wkb-hex'
  if (/binary$|blob$|^vector$/.test(name)) return 'hex'
  if (name === 'bit') return 'bits'
  if (name === 'float') return (numbers[0] ?? 0) > 24 && numbers.length === 1 ? 'float64' : 'float32'
  if (name === 'double') return type.kind === 'float' && type.bits === 32 ? 'float32' : 'float64'
  if (name === 'timestamp' || (name === 'datetime' && type.kind === 'timestamp' && type.utc)) return 'zoned'
  if (name === 'datetime' || name === 'time') return (numbers[0] ?? 0) > 0 ? 'trim-fraction' : 'as-is'
  if (type.kind === 'boolean' && name === 'tinyint') return 'boolean'
  return zerofill ? 'strip-zeros' : 'as-is'
}

/**
 * Turns blocks of the server's text into blocks of canonical text. Positions are changed in place;
 * cells that grow are written behind a copy of the data. The result is valid until the next call.
 */
export function createCanonicalizer(
  columns: readonly ReadColumn[],
  ledger?: LossLedger,
): (block: RowBlock) => RowBlock {
  const rewrites = columns.map((column, index) => ({ index, name: column.name, rewrite: rewriteOf(column) }))
  const shrinking = rewrites.filter(({ rewrite }) => /^(strip-zeros|trim-fraction|boolean)$/.test(rewrite))
  const growing = rewrites.filter(({ rewrite }) => /^(zoned|float32|float64|hex|wkb-hex|bits)$/.test(rewrite))
  let own = Buffer.alloc(0)

  return (block) => {
    for (const { index, rewrite } of shrinking) {
      if (rewrite === 'trim-fraction') trimFractions(block, index)
      else if (rewrite === 'strip-zeros') stripZeros(block, index)
      else booleans(block, index)
    }
    if (growing.length === 0 || block.rowCount === 0) return block
    let bytes = endOfData(block)
    for (const { index } of growing) bytes += grownBytes(block, index)
    if (own.length < bytes) own = Buffer.allocUnsafe(Math.max(bytes, own.length * 2))
    let at = endOfData(block)
    block.data.copy(own, 0, 0, at)
    const grown = { ...block, data: own }
    for (const { index, rewrite, name } of growing)
      at = growers[rewrite as keyof typeof growers](grown, index, at, name, ledger)
    return grown
  }
}

function endOfData({ starts, lengths, rowCount, columnCount }: RowBlock): number {
  const last = rowCount * columnCount - 1
  return (starts[last] as number) + Math.max(lengths[last] as number, 0)
}

/** More than any rewrite needs: hexadecimal doubles and takes two, the longest float has 24 characters. */
function grownBytes({ lengths, rowCount, columnCount }: RowBlock, index: number): number {
  let bytes = 0
  for (let row = 0, cell = index; row < rowCount; row++, cell += columnCount) {
    const length = lengths[cell] as number
    if (length >= 0) bytes += length * 2 + 32
  }
  return bytes
}

const zero = 0x30
const dot = 0x2e

function stripZeros({ data, starts, lengths, rowCount, columnCount }: RowBlock, index: number): void {
  for (let row = 0, cell = index; row < rowCount; row++, cell += columnCount) {
    let start = starts[cell] as number
    let length = lengths[cell] as number
    while (length > 1 && data[start] === zero && data[start + 1] !== dot) {
      start++
      length--
    }
    starts[cell] = start
    lengths[cell] = length
  }
}

function trimFractions({ data, starts, lengths, rowCount, columnCount }: RowBlock, index: number): void {
  for (let row = 0, cell = index; row < rowCount; row++, cell += columnCount) {
    const length = lengths[cell] as number
    if (length > 0) lengths[cell] = trimmed(data, starts[cell] as number, length)
  }
}

/** Length without the trailing zeros of a fraction, which the declared precision pads. */
function trimmed(data: Buffer, start: number, length: number): number {
  let end = start + length
  while (data[end - 1] === zero) end--
  if (data[end - 1] === dot) return end - 1 - start
  for (let at = end - 1, first = Math.max(start, start + length - 7); at >= first; at--) {
    if (data[at] === dot) return end - start
  }
  return length
}

function booleans({ data, starts, lengths, rowCount, columnCount }: RowBlock, index: number): void {
  for (let row = 0, cell = index; row < rowCount; row++, cell += columnCount) {
    const length = lengths[cell] as number
    if (length < 1) continue
    const start = starts[cell] as number
    data[start] = length === 1 && data[start] === zero ? 0x66 : 0x74
    lengths[cell] = 1
  }
}

type Grower = (block: RowBlock, index: number, at: number, name: string, ledger: LossLedger | undefined) => number

const growers = {
  zoned,
  float32: floats(32),
  float64: floats(64),
  hex: hexadecimal(0),
  'wkb-hex': hexadecimal(4),
  bits,
} as const satisfies Record<string, Grower>

function zoned({ data, starts, lengths, rowCount, columnCount }: RowBlock, index: number, at: number): number {
  let to = at
  for (let row = 0, cell = index; row < rowCount; row++, cell += columnCount) {
    const length = lengths[cell] as number
    if (length < 0) continue
    const start = starts[cell] as number
    const end = start + trimmed(data, start, length)
    starts[cell] = to
    for (let from = start; from < end; from++) data[to++] = data[from] as number
    data[to++] = 0x2b
    data[to++] = zero
    data[to++] = zero
    lengths[cell] = to - (starts[cell] as number)
  }
  return to
}

function floats(bits: 32 | 64): Grower {
  return ({ data, starts, lengths, rowCount, columnCount }, index, at) => {
    let to = at
    for (let row = 0, cell = index; row < rowCount; row++, cell += columnCount) {
      const length = lengths[cell] as number
      if (length < 0) continue
      const start = starts[cell] as number
      if (bits === 64 && isPlain(data, start, length)) continue
      const value = Number(data.toString('latin1', start, start + length))
      const text = bits === 32 ? singleText(value) : canonicalFloatText(value, 64)
      starts[cell] = to
      lengths[cell] = text.length
      data.write(text, to, 'latin1')
      to += text.length
    }
    return to
  }
}

/** The shortest digits that give the same single, in the plain shape that this server's users know: `16777216`, not `1.6777216e+07`. */
function singleText(value: number): string {
  return canonicalFloatText(Number(canonicalFloatText(Math.fround(value), 32)), 64)
}

/** Whether a double's shortest digits are written without an exponent everywhere: at most 15 digits before the point, and no `0.0000…`. */
function isPlain(data: Buffer, start: number, length: number): boolean {
  let at = data[start] === 0x2d ? start + 1 : start
  const end = start + length
  const digits = at
  if (data[at] === zero && end - at > 1) return end - at < 6 || data[at + 2] !== zero
  while (at < end) {
    const byte = data[at] as number
    if (byte === dot) break
    if (byte < zero || byte > 0x39) return false
    at++
  }
  if (at - digits > 15) return false
  for (at++; at < end; at++) {
    const byte = data[at] as number
    if (byte < zero || byte > 0x39) return false
  }
  return true
}

const hexDigits = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

/** `skip` bytes at the front are no part of the value: a geometry begins with its reference system. */
function hexadecimal(skip: number): Grower {
  return ({ data, starts, lengths, rowCount, columnCount }, index, at, name, ledger) => {
    let to = at
    for (let row = 0, cell = index; row < rowCount; row++, cell += columnCount) {
      const length = lengths[cell] as number
      if (length < 0) continue
      const start = starts[cell] as number
      if (skip === 4 && length >= 4 && data.readUInt32LE(start) !== 0) ledger?.record(name, 'geometry-srid', 'altered')
      const from = start + Math.min(skip, length)
      const end = start + length
      starts[cell] = to
      data[to++] = 0x5c
      data[to++] = 0x78
      if (end - from > 64) {
        to += data.write(data.toString('hex', from, end), to, 'latin1')
      } else {
        for (let byte = from; byte < end; byte++) {
          const value = data[byte] as number
          data[to++] = hexDigits[value >> 4] as number
          data[to++] = hexDigits[value & 15] as number
        }
      }
      lengths[cell] = to - (starts[cell] as number)
    }
    return to
  }
}

function bits({ data, starts, lengths, rowCount, columnCount }: RowBlock, index: number, at: number): number {
  let to = at
  for (let row = 0, cell = index; row < rowCount; row++, cell += columnCount) {
    const length = lengths[cell] as number
    if (length < 1) continue
    const start = starts[cell] as number
    const text =
      length <= 6
        ? String(data.readUIntBE(start, length))
        : BigInt(`0x${data.toString('hex', start, start + length)}`).toString()
    starts[cell] = to
    lengths[cell] = text.length
    data.write(text, to, 'latin1')
    to += text.length
  }
  return to
}
