import { canonicalFloatText } from '../hash/float-text.ts'

// What a value must look like for its column to have a type. Only forms that mean one thing count:
// `007` is no number, `01/02/2024` no date. The scans are over bytes, since every value of a file is looked at.

/** Whether a value has a form, and if so whether its text is the canonical one already (see `LogicalType`). */
export const form = { no: 0, canonical: 1, other: 2 } as const
export type Form = (typeof form)[keyof typeof form]

const zero = 0x30
const nine = 0x39
const minus = 0x2d
const colon = 0x3a
const point = 0x2e

export function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine
}

/** `true` and `false` in any case; `t` and `f`. */
export function booleanForm(data: Buffer, start: number, end: number): Form {
  const length = end - start
  if (length === 1) return data[start] === 0x74 || data[start] === 0x66 ? form.canonical : form.no
  if (length !== 4 && length !== 5) return form.no
  const text = data.toString('latin1', start, end).toLowerCase()
  return text === 'true' || text === 'false' ? form.other : form.no
}

/** 1 for hexadecimal digits in lower case. */
const lowerHex = new Uint8Array(256)
for (const character of '0123456789abcdef') lowerHex[character.charCodeAt(0)] = 1

/** Lower case, with its hyphens. */
export function isUuid(data: Buffer, start: number, end: number): boolean {
  if (end - start !== 36) return false
  if (data[start + 8] !== minus || data[start + 13] !== minus) return false
  if (data[start + 18] !== minus || data[start + 23] !== minus) return false
  let digits = 0
  for (let i = start; i < end; i++) digits += lowerHex[data[i]!]!
  return digits === 32
}

/** Digits at `at` and `at + 1` as a number, NaN when they are none. */
function two(data: Buffer, at: number): number {
  const high = data[at]! - zero
  const low = data[at + 1]! - zero
  return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : Number.NaN
}

const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** A day of the calendar, from the year 1 on. */
function isDay(data: Buffer, at: number): boolean {
  if (data[at + 4] !== minus || data[at + 7] !== minus) return false
  const year = two(data, at) * 100 + two(data, at + 2)
  const month = two(data, at + 5)
  const day = two(data, at + 8)
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= monthDays[month - 1]!)) return false
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0))
}

export function isDate(data: Buffer, start: number, end: number): boolean {
  return end - start === 10 && isDay(data, start)
}

function isClock(data: Buffer, at: number): boolean {
  return (
    data[at + 2] === colon &&
    data[at + 5] === colon &&
    two(data, at) <= 23 &&
    two(data, at + 3) <= 59 &&
    two(data, at + 6) <= 59
  )
}

/** Where a fraction of a second ends that begins at `at`, -1 when it has more digits than six, or none. */
function fractionEnd(data: Buffer, at: number, end: number): number {
  let i = at
  if (i >= end || data[i] !== point) return i
  i++
  while (i < end && isDigit(data[i]!)) i++
  return i - at >= 2 && i - at <= 7 ? i : -1
}

/** `HH:MM:SS[.ffffff]`. */
export function timeForm(data: Buffer, start: number, end: number): Form {
  if (end - start < 8 || !isClock(data, start)) return form.no
  if (fractionEnd(data, start + 8, end) !== end) return form.no
  return end - start > 8 && data[end - 1] === zero ? form.other : form.canonical
}

/** `YYYY-MM-DD[ T]HH:MM:SS[.ffffff]` with a zone or without one. */
export function timestampForm(data: Buffer, start: number, end: number, zoned: boolean): Form {
  if (end - start < 19 || !isDay(data, start) || !isClock(data, start + 11)) return form.no
  const between = data[start + 10]
  if (between !== 0x20 && between !== 0x54) return form.no
  const seconds = fractionEnd(data, start + 19, end)
  if (seconds < 0) return form.no
  const plain = between === 0x20 && (seconds === start + 19 || data[seconds - 1] !== zero)
  if (!zoned) return seconds !== end ? form.no : plain ? form.canonical : form.other
  const offset = offsetMinutes(data, seconds, end)
  if (offset === null) return form.no
  // The day before or after has to be one of these years, too.
  const year = two(data, start) * 100 + two(data, start + 2)
  if (offset !== 0 && (year === 1 || year === 9999)) return form.no
  const utc = offset === 0 && end - seconds === 3 && data[seconds] === 0x2b
  return plain && utc ? form.canonical : form.other
}

/** Minutes east of Greenwich of `Z`, `+HH`, `+HHMM` or `+HH:MM`; null when it is none of them. */
export function offsetMinutes(data: Buffer, at: number, end: number): number | null {
  const length = end - at
  if (length === 1) return data[at] === 0x5a ? 0 : null
  const sign = data[at] === 0x2b ? 1 : data[at] === minus ? -1 : 0
  if (sign === 0 || (length !== 3 && length !== 5 && length !== 6)) return null
  if (length === 6 && data[at + 3] !== colon) return null
  const hours = two(data, at + 1)
  const minutes = length === 3 ? 0 : two(data, end - 2)
  return hours <= 15 && minutes <= 59 ? sign * (hours * 60 + minutes) : null
}

const smallestNormal = 2 ** -1022

/**
 * Whether a 64-bit float keeps a number: fifteen digits are kept for certain; with more of them its
 * shortest text has to come out the same.
 */
export function floatForm(data: Buffer, start: number, end: number, significant: number): Form {
  const text = data.toString('latin1', start, end)
  const value = Number(text)
  const magnitude = Math.abs(value)
  if (!(magnitude < Number.POSITIVE_INFINITY) || (value === 0 && significant > 0)) return form.no
  const shortest = String(value)
  if (shortest === text && (magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e15))) return form.canonical
  if (canonicalFloatText(value, 64) === text) return form.canonical
  const kept = shortest === text || (significant <= 15 && (magnitude >= smallestNormal || value === 0))
  return kept ? form.other : form.no
}

const greatest = Buffer.from('9223372036854775807')

/** Whether digits without a leading zero are an int64. */
export function fitsInt64(data: Buffer, start: number, end: number, negative: boolean): boolean {
  if (end - start !== 19) return end - start < 19
  for (let i = 0; i < 19; i++) {
    const difference = data[start + i]! - greatest[i]!
    if (difference !== 0) return difference < 0 || (i === 18 && negative && difference === 1)
  }
  return true
}
