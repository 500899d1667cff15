import { isShortestFloat } from '../hash/normal-text.ts'
import type { LogicalType } from '../logical-type.ts'
import {
  booleanForm,
  type Form,
  fitsInt64,
  floatForm,
  form,
  isDate,
  isDigit,
  isUuid,
  timeForm,
  timestampForm,
} from './value-forms.ts'

/** No value has the forms of two families, so the first value decides which one is checked. */
export const family = {
  open: 0,
  text: 1,
  number: 2,
  boolean: 3,
  date: 4,
  time: 5,
  timestamp: 6,
  instant: 7,
  uuid: 8,
} as const
export type Family = (typeof family)[keyof typeof family]

const minus = 0x2d
const zero = 0x30
const none = -1
const mixed = -2
const maxDecimalDigits = 38

export interface Verdict {
  readonly type: LogicalType
  /** Whether some value is not written in the canonical form of its type. */
  readonly rewrite: boolean
}

/**
 * What the values of one column have in common, as far as they were seen. A column gets a type when
 * every value has its form; a single other value makes it text.
 *
 * Numbers are integers when all fit into 64 bits. Others are floats if a float keeps their digits,
 * but decimals when all have the same number of digits after the point and a float would drop zeros
 * or digits, as it would of amounts (`1.50`).
 */
export class ColumnEvidence {
  family: Family = family.open
  #rewrite = false
  #integer = true
  #float = true
  #floatRewrite = false
  /** Digits after the point, if all values have as many. */
  #scale = none
  #wholeDigits = 0

  /** A value of CSV, which may be anything. */
  observe(data: Buffer, start: number, end: number): void {
    if (this.family === family.text) return
    if (this.family === family.open) this.family = firstFamily(data, start, end)
    this.#check(data, start, end)
  }

  /** The content of a JSON string, which is never a number or a boolean. */
  observeString(data: Buffer, start: number, end: number): void {
    if (this.family === family.text) return
    if (this.family === family.open) this.family = firstFamily(data, start, end)
    if (this.family === family.number || this.family === family.boolean) this.family = family.text
    else this.#check(data, start, end)
  }

  #check(data: Buffer, start: number, end: number): void {
    switch (this.family) {
      case family.number:
        if (!this.#number(data, start, end)) this.family = family.text
        return
      case family.boolean:
        this.#settle(booleanForm(data, start, end))
        return
      case family.date:
        if (!isDate(data, start, end)) this.family = family.text
        return
      case family.time:
        this.#settle(timeForm(data, start, end))
        return
      case family.timestamp:
        this.#settle(timestampForm(data, start, end, false))
        return
      case family.instant:
        this.#settle(timestampForm(data, start, end, true))
        return
      case family.uuid:
        if (!isUuid(data, start, end)) this.family = family.text
    }
  }

  #settle(found: Form): void {
    if (found === form.no) this.family = family.text
    else if (found === form.other) this.#rewrite = true
  }

  /** Whether the column still can be numeric. */
  #number(data: Buffer, start: number, end: number): boolean {
    const negative = data[start] === minus
    const first = negative ? start + 1 : start
    let i = first
    while (i < end && isDigit(data[i]!)) i++
    const whole = i - first
    if (whole === 0) return this.#onlyFloat() && isSpecial(data, start, end)
    if (whole > 1 && data[first] === zero) return false
    if (i === end) return this.#whole(data, first, end, negative)
    this.#integer = false
    let significant = data[first] === zero ? 0 : whole
    if (data[i] === 0x2e) {
      const fraction = i + 1
      for (i++; i < end && isDigit(data[i]!); i++) if (significant > 0 || data[i] !== zero) significant++
      const scale = i - fraction
      if (scale === 0) return false
      // A decimal has no negative zero.
      this.#shareScale(negative && significant === 0 ? mixed : scale)
      if (data[first] !== zero && whole > this.#wholeDigits) this.#wholeDigits = whole
    }
    if (i < end) {
      if (!isExponent(data, i, end)) return false
      this.#scale = mixed
    }
    if (this.#float) this.#keepFloat(data, start, end, significant)
    return this.#float || this.#decimal() !== null
  }

  #whole(data: Buffer, first: number, end: number, negative: boolean): boolean {
    const digits = end - first
    this.#shareScale(0)
    // A float of sixteen digits is written with an exponent.
    if (digits > 15) this.#float = false
    if (negative && data[first] === zero) this.#integer = false
    else if (digits >= 19 && !fitsInt64(data, first, end, negative)) this.#integer = false
    return this.#integer || this.#float
  }

  #keepFloat(data: Buffer, start: number, end: number, significant: number): void {
    if (significant <= 15 && isShortestFloat(data, start, end, 64)) return
    const found = floatForm(data, start, end, significant)
    if (found === form.no) this.#float = false
    else if (found === form.other) this.#floatRewrite = true
  }

  #onlyFloat(): boolean {
    this.#integer = false
    this.#scale = mixed
    return this.#float
  }

  #shareScale(scale: number): void {
    if (this.#scale === scale) return
    this.#scale = this.#scale === none ? scale : mixed
  }

  #decimal(): { precision: number; scale: number } | null {
    const scale = this.#scale
    // Programs print floats with one digit after the point at least, but never a zero after others.
    if (scale < 1 || (this.#float && (scale === 1 || !this.#floatRewrite))) return null
    const digits = this.#wholeDigits + scale
    if (digits > maxDecimalDigits) return null
    return { precision: digits <= 18 ? 18 : maxDecimalDigits, scale }
  }

  verdict(): Verdict {
    const rewrite = this.#rewrite
    switch (this.family) {
      case family.number: {
        if (this.#integer) return { type: { kind: 'integer', bits: 64, unsigned: false }, rewrite: false }
        const decimal = this.#decimal()
        if (decimal) return { type: { kind: 'decimal', ...decimal }, rewrite: false }
        return { type: { kind: 'float', bits: 64 }, rewrite: this.#floatRewrite }
      }
      case family.boolean:
        return { type: { kind: 'boolean' }, rewrite }
      case family.date:
        return { type: { kind: 'date' }, rewrite: false }
      case family.time:
        return { type: { kind: 'time' }, rewrite }
      case family.timestamp:
        return { type: { kind: 'timestamp', utc: false }, rewrite }
      case family.instant:
        return { type: { kind: 'timestamp', utc: true }, rewrite }
      case family.uuid:
        return { type: { kind: 'uuid' }, rewrite: false }
      default:
        return { type: { kind: 'text' }, rewrite: false }
    }
  }
}

/** The only family that a value can belong to; the check that follows says whether it does. */
function firstFamily(data: Buffer, start: number, end: number): Family {
  const length = end - start
  const first = data[start]!
  if (length === 36 && data[start + 8] === minus) return family.uuid
  if (length >= 10 && data[start + 4] === minus) {
    if (length === 10) return family.date
    return timestampForm(data, start, end, false) === form.no ? family.instant : family.timestamp
  }
  if (length >= 8 && data[start + 2] === 0x3a) return family.time
  if (isDigit(first) || first === minus || first === 0x4e || first === 0x49) return family.number
  return booleanForm(data, start, end) === form.no ? family.text : family.boolean
}

/** `e5`, `E-05`: at most three digits. */
function isExponent(data: Buffer, at: number, end: number): boolean {
  if ((data[at]! | 0x20) !== 0x65) return false
  let i = at + 1
  if (data[i] === minus || data[i] === 0x2b) i++
  const digits = end - i
  if (digits < 1 || digits > 3) return false
  while (i < end && isDigit(data[i]!)) i++
  return i === end
}

function isSpecial(data: Buffer, start: number, end: number): boolean {
  const length = end - start
  if (length !== 3 && length !== 8 && length !== 9) return false
  const text = data.toString('latin1', start, end)
  return text === 'NaN' || text === 'Infinity' || text === '-Infinity'
}
