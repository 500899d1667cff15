import { canonicalFloatText } from './float-text.ts'

// Each function writes the form of a value that is hashed to the front of `out` and returns its length.

const zero = 0x30
const point = 0x2e
const minus = 0x2d

/** Without the zeros that MySQL's ZEROFILL puts in front. */
export function writeNumber(out: Buffer, data: Buffer, start: number, end: number): number {
  let length = 0
  let i = start
  if (data[i] === minus) out[length++] = data[i++]!
  while (data[i] === zero && i + 1 < end && isDigit(data[i + 1]!)) i++
  while (i < end) out[length++] = data[i++]!
  return length
}

/** Without zeros at the end of the fraction of a second. */
export function writeTime(out: Buffer, data: Buffer, start: number, end: number): number {
  let length = 0
  let i = start
  while (i < end && data[i] !== point) out[length++] = data[i++]!
  let fraction = length
  if (i < end) {
    out[length++] = data[i++]!
    while (i < end && isDigit(data[i]!)) {
      if (data[i] !== zero) fraction = length + 1
      out[length++] = data[i++]!
    }
    length = fraction
  }
  while (i < end) out[length++] = data[i++]!
  return length
}

/** `[-]H…:MM:SS[.ffffff]` as a number of microseconds. */
export function writeDuration(out: Buffer, data: Buffer, start: number, end: number): number {
  const negative = data[start] === minus
  let seconds = 0
  let part = 0
  let micros = 0
  let scale = 0
  for (let i = negative ? start + 1 : start; i < end; i++) {
    const byte = data[i]!
    if (byte === 0x3a) {
      seconds = (seconds + part) * 60
      part = 0
    } else if (byte === point) scale = 100_000
    else if (scale > 0) {
      micros += (byte - zero) * scale
      scale = scale === 1 ? 0.1 : scale / 10
    } else part = part * 10 + (byte - zero)
  }
  const total = (seconds + part) * 1_000_000 + Math.trunc(micros)
  return out.write(String(negative && total !== 0 ? -total : total), 0, 'latin1')
}

export function writeFloat(out: Buffer, data: Buffer, start: number, end: number, bits: 32 | 64): number {
  return out.write(canonicalFloatText(Number(data.toString('latin1', start, end)), bits), 0, 'latin1')
}

/**
 * Whether a float stands in its canonical form already, which needs no parsing when it has no more
 * digits than every float keeps, no exponent, no zeros to drop, and a magnitude that is written without an exponent.
 */
export function isShortestFloat(data: Buffer, start: number, end: number, bits: 32 | 64): boolean {
  const maxDigits = bits === 32 ? 6 : 15
  let i = data[start] === minus ? start + 1 : start
  const first = i
  let significant = 0
  while (i < end && isDigit(data[i]!)) {
    if (significant > 0 || data[i] !== zero) significant++
    i++
  }
  if (i === first || i - first > maxDigits || (data[first] === zero && i - first > 1)) return false
  if (i === end) return true
  if (data[i++] !== point || data[end - 1] === zero || i === end) return false
  let zeros = 0
  for (; i < end; i++) {
    if (!isDigit(data[i]!)) return false
    if (significant > 0 || data[i] !== zero) significant++
    else zeros++
  }
  return significant <= maxDigits && zeros <= 3
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= 0x39
}
