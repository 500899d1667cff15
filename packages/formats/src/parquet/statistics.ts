import type { ColumnChunkIndex } from '../piece.ts'
import type { ColumnBuilder } from './column-builder.ts'
import type { ValueOrder } from './schema.ts'

/** Longer bounds are cut: a reader skips row groups by them, it does not need them whole. */
const longestBound = 64

interface Bounds {
  min: Uint8Array
  max: Uint8Array
}

/**
 * The least and greatest value of a column chunk. `update` takes the values of a page, or of the
 * dictionary instead of the pages that use it.
 */
export class StatisticsCollector {
  nullCount = 0
  readonly #order: ValueOrder
  #bounds: Bounds | null = null
  /** A NaN has no place in the order, and a reader that trusts bounds would miss it. */
  #unordered = false

  constructor(order: ValueOrder) {
    this.#order = order
    this.#unordered = order === 'none'
  }

  update(values: ColumnBuilder): void {
    if (this.#unordered || values.values === 0) return
    const extremes = findExtremes[this.#order](values)
    if (extremes === null) {
      this.#unordered = true
      this.#bounds = null
      return
    }
    const min = valueBytes(values, extremes.min)
    const max = valueBytes(values, extremes.max)
    if (this.#bounds === null) {
      this.#bounds = { min, max }
      return
    }
    const compare = compareBytes[this.#order]
    if (compare(min, this.#bounds.min) < 0) this.#bounds.min = min
    if (compare(max, this.#bounds.max) > 0) this.#bounds.max = max
  }

  finish(): NonNullable<ColumnChunkIndex['statistics']> {
    const { nullCount } = this
    if (this.#bounds === null) return { nullCount }
    let { min, max } = this.#bounds
    if (this.#order === 'float' || this.#order === 'double') {
      // 0 and -0 are equal but sort apart: the bounds must hold both.
      if (isZero(min)) min = signedZero(min.length, 0x80)
      if (isZero(max)) max = signedZero(max.length, 0)
    }
    const text = this.#order === 'text'
    const lower = min.length > longestBound ? min.subarray(0, boundary(min, text)) : min
    const upper =
      max.length > longestBound && this.#order !== 'decimal' ? successor(max, boundary(max, text), text) : max
    return {
      nullCount,
      min: Buffer.from(lower).toString('base64'),
      minExact: lower.length === min.length,
      ...(upper ? { max: Buffer.from(upper).toString('base64'), maxExact: max.length <= longestBound } : {}),
    }
  }
}

type Extremes = { min: number; max: number }

/** Indices of the extreme values; null when the values have no total order. */
const findExtremes: Record<ValueOrder, (values: ColumnBuilder) => Extremes | null> = {
  none: () => null,
  boolean: ({ bytes, values }) => {
    const extremes = { min: 0, max: 0 }
    for (let i = 1; i < values && bytes[extremes.min] === bytes[extremes.max]; i++) {
      if ((bytes[i] as number) < (bytes[extremes.min] as number)) extremes.min = i
      if ((bytes[i] as number) > (bytes[extremes.max] as number)) extremes.max = i
    }
    return extremes
  },
  int32: (values) => extremesOfNumbers(values.words, values.values),
  uint32: (values) => extremesOfNumbers(new Uint32Array(values.words.buffer), values.values),
  float: (values) => extremesOfFloats(new Float32Array(values.words.buffer), values.values),
  double: (values) => extremesOfFloats(new Float64Array(values.words.buffer), values.values),
  int64: (values) => extremesOfPairs(values, 0),
  uint64: (values) => extremesOfPairs(values, 0x80000000 | 0),
  text: extremesOfBytes,
  bytes: extremesOfBytes,
  decimal: (values) => {
    const extremes = { min: 0, max: 0 }
    for (let i = 1; i < values.values; i++) {
      if (compareFixed(values, i, extremes.min) < 0) extremes.min = i
      else if (compareFixed(values, i, extremes.max) > 0) extremes.max = i
    }
    return extremes
  },
}

function extremesOfNumbers(numbers: Int32Array | Uint32Array, count: number): Extremes {
  let min = 0
  let max = 0
  let least = numbers[0] as number
  let greatest = least
  for (let i = 1; i < count; i++) {
    const value = numbers[i] as number
    if (value < least) {
      least = value
      min = i
    } else if (value > greatest) {
      greatest = value
      max = i
    }
  }
  return { min, max }
}

function extremesOfFloats(numbers: Float32Array | Float64Array, count: number): Extremes | null {
  let min = 0
  let max = 0
  let least = numbers[0] as number
  let greatest = least
  for (let i = 0; i < count; i++) {
    const value = numbers[i] as number
    if (value < least) {
      least = value
      min = i
    } else if (value > greatest) {
      greatest = value
      max = i
    } else if (Number.isNaN(value)) return null
  }
  return { min, max }
}

/** `flip` turns the order of unsigned numbers into that of signed ones. */
function extremesOfPairs({ words, values }: ColumnBuilder, flip: number): Extremes {
  let min = 0
  let max = 0
  let minHigh = (words[1] as number) ^ flip
  let minLow = (words[0] as number) >>> 0
  let maxHigh = minHigh
  let maxLow = minLow
  for (let i = 1; i < values; i++) {
    const high = (words[i * 2 + 1] as number) ^ flip
    const low = (words[i * 2] as number) >>> 0
    if (high < minHigh || (high === minHigh && low < minLow)) {
      minHigh = high
      minLow = low
      min = i
    } else if (high > maxHigh || (high === maxHigh && low > maxLow)) {
      maxHigh = high
      maxLow = low
      max = i
    }
  }
  return { min, max }
}

function extremesOfBytes(values: ColumnBuilder): Extremes {
  const extremes = { min: 0, max: 0 }
  let minPrefix = prefixOf(values, 0)
  let maxPrefix = minPrefix
  for (let i = 1; i < values.values; i++) {
    const prefix = prefixOf(values, i)
    if (prefix <= minPrefix && (prefix < minPrefix || compareValues(values, i, extremes.min) < 0)) {
      minPrefix = prefix
      extremes.min = i
    } else if (prefix >= maxPrefix && (prefix > maxPrefix || compareValues(values, i, extremes.max) > 0)) {
      maxPrefix = prefix
      extremes.max = i
    }
  }
  return extremes
}

/** The first four bytes as a number, padded with zeros: decides nearly every comparison. */
function prefixOf({ view, starts, width }: ColumnBuilder, i: number): number {
  if (width === 16) return view.getUint32(i * 16)
  const start = starts[i] as number
  const length = view.getInt32(start, true)
  if (length >= 4) return view.getUint32(start + 4)
  let prefix = 0
  for (let k = 0; k < length; k++) prefix |= view.getUint8(start + 4 + k) << (24 - 8 * k)
  return prefix >>> 0
}

function compareValues(values: ColumnBuilder, i: number, j: number): number {
  const { bytes, view, starts, width } = values
  const p = width === 16 ? i * 16 : (starts[i] as number) + 4
  const q = width === 16 ? j * 16 : (starts[j] as number) + 4
  const left = width === 16 ? 16 : view.getInt32(p - 4, true)
  const right = width === 16 ? 16 : view.getInt32(q - 4, true)
  const shared = Math.min(left, right)
  for (let k = 0; k < shared; k++) {
    const difference = (bytes[p + k] as number) - (bytes[q + k] as number)
    if (difference !== 0) return difference
  }
  return left - right
}

function compareFixed({ view }: ColumnBuilder, i: number, j: number): number {
  const sign = view.getInt32(i * 16) - view.getInt32(j * 16)
  if (sign !== 0) return sign
  for (let k = 4; k < 16; k += 4) {
    const difference = view.getUint32(i * 16 + k) - view.getUint32(j * 16 + k)
    if (difference !== 0) return difference
  }
  return 0
}

function valueBytes(values: ColumnBuilder, i: number): Uint8Array {
  const { bytes, view, starts, width } = values
  if (width > 0) return bytes.slice(i * width, (i + 1) * width)
  const start = (starts[i] as number) + 4
  // One byte beyond the longest bound tells that there was more.
  return bytes.slice(start, start + Math.min(view.getInt32(start - 4, true), longestBound + 1))
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const compareNumbers = (read: (view: DataView) => number | bigint) => (a: Uint8Array, b: Uint8Array) => {
  const left = read(viewOf(a))
  const right = read(viewOf(b))
  return left < right ? -1 : left > right ? 1 : 0
}
const compareBytes: Record<ValueOrder, (a: Uint8Array, b: Uint8Array) => number> = {
  none: () => 0,
  boolean: (a, b) => (a[0] as number) - (b[0] as number),
  int32: compareNumbers((view) => view.getInt32(0, true)),
  uint32: compareNumbers((view) => view.getUint32(0, true)),
  int64: compareNumbers((view) => view.getBigInt64(0, true)),
  uint64: compareNumbers((view) => view.getBigUint64(0, true)),
  float: compareNumbers((view) => view.getFloat32(0, true)),
  double: compareNumbers((view) => view.getFloat64(0, true)),
  text: Buffer.compare,
  bytes: Buffer.compare,
  decimal: (a, b) => viewOf(a).getInt8(0) - viewOf(b).getInt8(0) || Buffer.compare(a, b),
}

const isZero = (value: Uint8Array) =>
  value.every((byte, i) => (i === value.length - 1 ? (byte & 0x7f) === 0 : byte === 0))

function signedZero(length: number, sign: number): Uint8Array {
  const zero = new Uint8Array(length)
  zero[length - 1] = sign
  return zero
}

/** Where a bound is cut, in a text never inside a character. */
function boundary(value: Uint8Array, text: boolean): number {
  let end = longestBound
  if (text) while (end > 0 && ((value[end] as number) & 0xc0) === 0x80) end--
  return end
}

/** The least value of at most `end` bytes that is greater than everything that begins like `value`; null when there is none. */
function successor(value: Uint8Array, end: number, text: boolean): Uint8Array | null {
  // In a text only an ASCII character is raised, so that the bound stays valid UTF-8.
  const highest = text ? 0x7e : 0xfe
  for (let i = end - 1; i >= 0; i--) {
    const byte = value[i] as number
    if (byte > highest) continue
    const bound = value.slice(0, i + 1)
    bound[i] = byte + 1
    return bound
  }
  return null
}
