import type { ColumnBuilder } from './column-builder.ts'
import { type ColumnDecoder, decodeFixed } from './column-decoder.ts'
import { storeInfiniteDate, storeInfiniteTimestamp } from './infinity.ts'
import { cellText } from './text-numbers.ts'
import { storeMicros } from './wide-integer.ts'

/** Days since 1970-01-01 of a proleptic Gregorian date; year 0 is 1 BC. */
export function daysFromCivil(year: number, month: number, day: number): number {
  // March-based years put the leap day last; eras of 400 years have 146,097 days.
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

const digit = (byte: number | undefined) => {
  const value = (byte ?? 0) - 0x30
  return value >= 0 && value <= 9 ? value : Number.NaN
}
const twoDigits = (data: Uint8Array, at: number) => digit(data[at]) * 10 + digit(data[at + 1])

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const isLeap = (year: number) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

/** A reader of the parts of a temporal text; `at` is where the next part begins. */
interface Cursor {
  readonly data: Uint8Array
  at: number
  readonly end: number
}

/** The days of `YYYY-MM-DD`; NaN when it is no date, null when month or day is zero. */
function readDate(cursor: Cursor, bc: boolean): number | null {
  const { data } = cursor
  let year = 0
  const start = cursor.at
  while (cursor.at < cursor.end && data[cursor.at] !== 0x2d) year = year * 10 + digit(data[cursor.at++])
  if (cursor.at - start < 4 || cursor.at + 6 > cursor.end || data[cursor.at + 3] !== 0x2d) return Number.NaN
  const month = twoDigits(data, cursor.at + 1)
  const day = twoDigits(data, cursor.at + 4)
  cursor.at += 6
  if (month === 0 || day === 0) return null
  const astronomical = bc ? 1 - year : year
  const last = month === 2 && isLeap(astronomical) ? 29 : (daysOfMonth[month - 1] ?? 0)
  return day <= last ? daysFromCivil(astronomical, month, day) : Number.NaN
}

/** Microseconds of `HH:MM:SS[.ffffff]`; NaN when it is no time. Hours may have more digits, as in durations. */
function readTime(cursor: Cursor): number {
  const { data } = cursor
  let hours = 0
  const start = cursor.at
  while (cursor.at < cursor.end && data[cursor.at] !== 0x3a) hours = hours * 10 + digit(data[cursor.at++])
  if (cursor.at - start < 2 || cursor.at + 6 > cursor.end || data[cursor.at + 3] !== 0x3a) return Number.NaN
  const minutes = twoDigits(data, cursor.at + 1)
  const seconds = twoDigits(data, cursor.at + 4)
  cursor.at += 6
  let micros = 0
  if (cursor.at < cursor.end && data[cursor.at] === 0x2e) {
    cursor.at++
    let unit = 100_000
    for (; cursor.at < cursor.end; cursor.at++) {
      const value = digit(data[cursor.at])
      if (Number.isNaN(value)) break
      // Digits beyond microseconds would be lost.
      if (unit < 1 && value !== 0) return Number.NaN
      micros += value * unit
      unit = Math.floor(unit / 10)
    }
  }
  if (!(minutes < 60 && seconds < 61)) return Number.NaN
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros
}

function endsWithBc(data: Uint8Array, start: number, length: number): boolean {
  const end = start + length
  return length > 3 && data[end - 1] === 0x43 && data[end - 2] === 0x42 && data[end - 3] === 0x20
}

/** `infinity` and `-infinity`; their first letters stand in no date. */
function infinitySign(data: Uint8Array, start: number): -1 | 0 | 1 {
  if (data[start] === 0x69) return 1
  return data[start] === 0x2d && data[start + 1] === 0x69 ? -1 : 0
}

function reject(out: ColumnBuilder, reason: string, data: Uint8Array, start: number, length: number): false {
  out.reject(reason, cellText(data, start, length))
  return false
}

export const decodeDateText: ColumnDecoder = decodeFixed((data, _view, start, length, out) => {
  const infinity = infinitySign(data, start)
  if (infinity !== 0) return storeInfiniteDate(out, infinity < 0)
  const bc = endsWithBc(data, start, length)
  const cursor = { data, at: start, end: bc ? start + length - 3 : start + length }
  const days = readDate(cursor, bc)
  if (days === null) return reject(out, 'zero-date', data, start, length)
  if (Number.isNaN(days) || cursor.at !== cursor.end) return reject(out, 'invalid-text', data, start, length)
  out.words[out.values] = days
  return true
})

export const decodeTimestampText: ColumnDecoder = decodeFixed((data, _view, start, length, out) => {
  const infinity = infinitySign(data, start)
  if (infinity !== 0) return storeInfiniteTimestamp(out, infinity < 0)
  const bc = endsWithBc(data, start, length)
  const cursor = { data, at: start, end: bc ? start + length - 3 : start + length }
  const days = readDate(cursor, bc)
  if (days === null) return reject(out, 'zero-date', data, start, length)
  const separator = data[cursor.at++]
  const micros = separator === 0x20 || separator === 0x54 ? readTime(cursor) : Number.NaN
  // A timestamp with a zone is written in UTC.
  const rest = cursor.end - cursor.at
  const zone =
    rest === 0 ||
    (rest === 3 && data[cursor.at] === 0x2b && twoDigits(data, cursor.at + 1) === 0) ||
    (rest === 1 && data[cursor.at] === 0x5a)
  if (Number.isNaN(days) || Number.isNaN(micros) || !zone) return reject(out, 'invalid-text', data, start, length)
  const seconds = Math.floor(micros / 1_000_000)
  if (storeMicros(out.words, out.values * 2, days * 86_400 + seconds, micros - seconds * 1_000_000)) return true
  return reject(out, 'timestamp-range', data, start, length)
})

const microsPerDay = 86_400_000_000

export const decodeTimeText: ColumnDecoder = decodeFixed((data, _view, start, length, out) => {
  const cursor = { data, at: start, end: start + length }
  const micros = readTime(cursor)
  if (!(micros <= microsPerDay) || cursor.at !== cursor.end) return reject(out, 'invalid-text', data, start, length)
  if (micros === microsPerDay && !out.infinityAsExtremes) return reject(out, 'time-24', data, start, length)
  return storeMicros(out.words, out.values * 2, Math.floor(micros / 1_000_000), micros % 1_000_000)
})

export const decodeDurationText: ColumnDecoder = decodeFixed((data, _view, start, length, out) => {
  const negative = data[start] === 0x2d
  const cursor = { data, at: negative ? start + 1 : start, end: start + length }
  const micros = readTime(cursor)
  if (!(micros < Number.MAX_SAFE_INTEGER) || cursor.at !== cursor.end) {
    return reject(out, 'invalid-text', data, start, length)
  }
  const signed = negative ? -micros : micros
  const seconds = Math.floor(signed / 1_000_000)
  return storeMicros(out.words, out.values * 2, seconds, signed - seconds * 1_000_000)
})
