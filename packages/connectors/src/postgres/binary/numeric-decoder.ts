import {
  type ColumnBuilder,
  type ColumnDecoder,
  decimalShape,
  type LogicalType,
  storeSafe64,
  viewOf,
  WideInteger,
} from '@millrace/formats'

/** Values of the sign field. */
const negativeSign = 0x4000
const notANumber = 0xc000
const positiveInfinity = 0xd000
const negativeInfinity = 0xf000

const powers = Float64Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)
const exact = 2 ** 53

/**
 * numeric is sent as digits to the base 10,000: their number (unsigned: the longest have 36,864), the
 * weight (exponent) of the first, the sign, the display scale, the digits. With a declared precision it
 * becomes an integer of `scale` decimal places, otherwise the text that PostgreSQL prints.
 */
export function numericDecoder(type: LogicalType & { kind: 'decimal' }): ColumnDecoder {
  const shape = decimalShape(type)
  if (!shape) return decodeNumericText
  const { precision, scale } = shape
  const limit = precision <= 15 ? 10 ** precision : exact
  const wide = new WideInteger()
  return ({ data, starts, lengths, columnCount }, column, from, to, out) => {
    const view = viewOf(data)
    out.reserve(to - from)
    const { levels } = out
    const end = to * columnCount
    for (let i = from * columnCount + column; i < end; i += columnCount) {
      let present = (lengths[i] as number) >= 0
      if (present) {
        const start = starts[i] as number
        const count = view.getUint16(start)
        const sign = view.getUint16(start + 4)
        // Decimal places of the last digit, against those of the column.
        const shift = scale - 4 * (count - 1 - view.getInt16(start + 2))
        let value = exact
        if (count === 0) value = sign > negativeSign ? exact : 0
        else if (shift > -4 && shift < 16) {
          value = 0
          let at = start + 8
          const last = at + 2 * (count - 1)
          for (; at < last; at += 2) value = value * 10_000 + view.getInt16(at)
          const digit = view.getInt16(last)
          if (shift >= 0) value = (value * 10_000 + digit) * (powers[shift] as number)
          else {
            // What lies beyond the scale is zero in a column that declares it.
            const unit = powers[-shift] as number
            value = digit % unit === 0 ? value * (powers[4 + shift] as number) + digit / unit : exact
          }
        }
        if (value < limit && sign <= negativeSign) {
          if (sign === negativeSign) value = -value
          if (out.width === 8) storeSafe64(out.words, out.values * 2, value)
          else if (out.width === 4) out.words[out.values] = value
          else storeSafe128(out.view, out.values * 16, value)
        } else present = storeWide(out, view, start, wide, precision, scale)
      }
      levels[out.rows++] = present ? 1 : 0
      if (present) out.values++
    }
  }
}

function storeSafe128(view: DataView, at: number, value: number): void {
  const high = value < 0 ? -1 : 0
  view.setInt32(at, high)
  view.setInt32(at + 4, high)
  view.setInt32(at + 8, Math.floor(value / 0x1_0000_0000))
  view.setInt32(at + 12, value)
}

/** The general way, for values beyond a double; false when the column cannot hold the value. */
function storeWide(
  out: ColumnBuilder,
  view: DataView,
  start: number,
  wide: WideInteger,
  precision: number,
  scale: number,
): boolean {
  const text = numericText(view, start)
  const sign = view.getUint16(start + 4)
  if (sign > negativeSign) {
    out.reject(sign === notANumber ? 'decimal-nan' : 'decimal-infinity', text)
    return false
  }
  const [, whole = '', fraction = ''] = /^-?0*(\d*)(?:\.(\d*?)0*)?$/.exec(text) ?? []
  const digits = whole + fraction.padEnd(scale, '0')
  const significant = digits.replace(/^0+/, '').length
  if (fraction.length > scale || significant > precision) {
    out.reject('decimal-overflow', text)
    return false
  }
  wide.clear()
  for (let i = 0; i < digits.length; i += 5) {
    const group = digits.slice(i, i + 5)
    wide.multiplyAdd(10 ** group.length, Number(group))
  }
  const negative = sign === negativeSign
  if (out.width === 16) wide.store128(out.view, out.values * 16, negative)
  else if (out.width === 8) wide.store64(out.words, out.values * 2, negative, false)
  else return false
  return true
}

const decodeNumericText: ColumnDecoder = ({ data, starts, lengths, columnCount }, column, from, to, out) => {
  const view = viewOf(data)
  out.reserve(to - from)
  const end = to * columnCount
  for (let i = from * columnCount + column; i < end; i += columnCount) {
    if ((lengths[i] as number) < 0) out.levels[out.rows++] = 0
    else out.appendAscii(numericText(view, starts[i] as number))
  }
}

/** What PostgreSQL prints: all digits before the point, and as many behind it as the display scale says. */
function numericText(view: DataView, start: number): string {
  const count = view.getUint16(start)
  const weight = view.getInt16(start + 2)
  const sign = view.getUint16(start + 4)
  const scale = view.getUint16(start + 6)
  if (sign === notANumber) return 'NaN'
  if (sign === positiveInfinity) return 'Infinity'
  if (sign === negativeInfinity) return '-Infinity'
  const digit = (i: number) => (i >= 0 && i < count ? view.getInt16(start + 8 + 2 * i) : 0)
  const group = (i: number) => String(digit(i)).padStart(4, '0')
  let text = sign === negativeSign ? '-' : ''
  if (weight < 0) text += '0'
  else {
    text += digit(0)
    for (let i = 1; i <= weight; i++) text += group(i)
  }
  if (scale === 0) return text
  let fraction = ''
  for (let i = weight + 1; fraction.length < scale; i++) fraction += group(i)
  return `${text}.${fraction.slice(0, scale)}`
}
