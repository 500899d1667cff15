import type { LogicalType } from '../logical-type.ts'
import { type ColumnDecoder, decodeBytes, decodeFixed, type FixedCell } from './column-decoder.ts'
import { decimalShape } from './schema.ts'
import { storeSafe64, WideInteger } from './wide-integer.ts'

const minus = 0x2d
const plus = 0x2b
const zero = 0x30
const point = 0x2e

export const cellText = (data: Uint8Array, start: number, length: number): string =>
  Buffer.prototype.latin1Slice.call(data, start, start + length)

export const decodeBooleanText = decodeFixed((data, _view, start, length, out) => {
  const first = data[start]
  // t and 1 are true, f and 0 false; `true` and `false` begin alike.
  if (length > 0 && (first === 0x74 || first === 0x31)) out.bytes[out.values] = 1
  else if (length > 0 && (first === 0x66 || first === 0x30)) out.bytes[out.values] = 0
  else {
    out.reject('invalid-text', cellText(data, start, length))
    return false
  }
  return true
})

export function integerTextDecoder(type: LogicalType & { kind: 'integer' }): ColumnDecoder {
  if (type.bits === 64) return decodeFixed(integer64Cell(type.unsigned))
  const least = type.unsigned ? 0 : -(2 ** (type.bits - 1))
  const greatest = type.unsigned ? 2 ** type.bits - 1 : 2 ** (type.bits - 1) - 1
  return decodeFixed((data, _view, start, length, out) => {
    const value = length <= 15 ? safeInteger(data, start, start + length) : Number.NaN
    if (value >= least && value <= greatest) {
      out.words[out.values] = value
      return true
    }
    const text = cellText(data, start, length)
    out.reject(/^[-+]?\d+$/.test(text) ? 'integer-overflow' : 'invalid-text', text)
    return false
  })
}

/** The integer in at most 15 characters, NaN when there is none. */
function safeInteger(data: Uint8Array, start: number, end: number): number {
  let at = start
  const negative = data[at] === minus
  if (negative || data[at] === plus) at++
  if (at === end) return Number.NaN
  let value = 0
  for (; at < end; at++) {
    const digit = (data[at] as number) - zero
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return negative ? -value : value
}

function integer64Cell(unsigned: boolean): FixedCell {
  const wide = new WideInteger()
  return (data, _view, start, length, out) => {
    if (length <= 15) {
      const value = safeInteger(data, start, start + length)
      if (!Number.isNaN(value) && !(unsigned && value < 0)) {
        storeSafe64(out.words, out.values * 2, value)
        return true
      }
    }
    const text = cellText(data, start, length)
    const match = /^([-+]?)0*(\d+)$/.exec(text)
    if (!match) {
      out.reject('invalid-text', text)
      return false
    }
    const digits = match[2] as string
    wide.clear()
    for (let i = 0; i < digits.length && digits.length <= 20; i++) wide.multiplyAdd(10, digits.charCodeAt(i) - zero)
    if (digits.length > 20 || !wide.store64(out.words, out.values * 2, match[1] === '-', unsigned)) {
      out.reject('integer-overflow', text)
      return false
    }
    return true
  }
}

export function decimalTextDecoder(type: LogicalType & { kind: 'decimal' }): ColumnDecoder {
  const shape = decimalShape(type)
  if (!shape) return decodeBytes
  const { precision, scale } = shape
  const wide = new WideInteger()
  return decodeFixed((data, _view, start, length, out) => {
    const end = start + length
    let at = start
    const negative = data[at] === minus
    if (negative || data[at] === plus) at++
    const small = precision <= 15
    let value = 0
    let digits = 0
    let fraction = -1
    if (!small) wide.clear()
    let reason = at === end ? 'invalid-text' : ''
    for (; at < end; at++) {
      const digit = (data[at] as number) - zero
      if (digit >= 0 && digit <= 9) {
        if (fraction >= 0 && ++fraction > scale) {
          if (digit !== 0) reason = 'decimal-overflow'
          continue
        }
        if (digits > 0 || digit > 0) digits++
        if (small) value = value * 10 + digit
        else if (digits <= 38) wide.multiplyAdd(10, digit)
      } else if (data[at] === point && fraction < 0) fraction = 0
      else {
        reason = 'invalid-text'
        break
      }
    }
    for (let missing = scale - Math.max(fraction, 0); missing > 0; missing--) {
      if (digits > 0) digits++
      if (small) value *= 10
      else if (digits <= 38) wide.multiplyAdd(10, 0)
    }
    if (reason === '' && digits > precision) reason = 'decimal-overflow'
    if (reason !== '') {
      const text = cellText(data, start, length)
      if (text === 'NaN') reason = 'decimal-nan'
      else if (text.endsWith('Infinity')) reason = 'decimal-infinity'
      out.reject(reason, text)
      return false
    }
    if (out.width === 4) out.words[out.values] = negative ? -value : value
    else if (out.width === 16) wide.store128(out.view, out.values * 16, negative)
    else if (small) storeSafe64(out.words, out.values * 2, negative ? -value : value)
    else wide.store64(out.words, out.values * 2, negative, false)
    return true
  })
}

const floatWords = new Map<string, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

export function floatTextDecoder(bits: 32 | 64): ColumnDecoder {
  return decodeFixed((data, _view, start, length, out) => {
    const text = cellText(data, start, length)
    const value = length === 0 ? Number.NaN : Number(text)
    if (Number.isNaN(value) && !floatWords.has(text)) {
      out.reject('invalid-text', text)
      return false
    }
    if (bits === 32) out.view.setFloat32(out.values * 4, value, true)
    else out.view.setFloat64(out.values * 8, value, true)
    return true
  })
}
