import type { Column, LogicalType } from '../logical-type.ts'
import { type ColumnDecoder, decodeBytes, decodeFixed, viewOf } from './column-decoder.ts'
import { listTextDecoder } from './text-list.ts'
import {
  cellText,
  decimalTextDecoder,
  decodeBooleanText,
  floatTextDecoder,
  integerTextDecoder,
} from './text-numbers.ts'
import { decodeDateText, decodeDurationText, decodeTimestampText, decodeTimeText } from './text-temporal.ts'

/** Decoders for cells that hold canonical text (see `LogicalType`). */
export function textDecoders(columns: readonly Column[]): ColumnDecoder[] {
  return columns.map((column) => textDecoder(column.type))
}

function textDecoder(type: LogicalType): ColumnDecoder {
  switch (type.kind) {
    case 'boolean':
      return decodeBooleanText
    case 'integer':
      return integerTextDecoder(type)
    case 'decimal':
      return decimalTextDecoder(type)
    case 'float':
      return floatTextDecoder(type.bits)
    case 'binary':
      return decodeHexText
    case 'date':
      return decodeDateText
    case 'time':
      return decodeTimeText
    case 'timestamp':
      return decodeTimestampText
    case 'duration':
      return decodeDurationText
    case 'uuid':
      return decodeUuidText
    case 'list': {
      const nested = type.element.kind === 'list'
      return listTextDecoder(nested ? decodeBytes : textDecoder(type.element), nested)
    }
    default:
      return decodeBytes
  }
}

/** The value of a hexadecimal digit, -1 for any other character. */
const hexDigits = Int8Array.from({ length: 256 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(digit) ? -1 : digit
})

const decodeHexText: ColumnDecoder = (block, column, from, to, out) => {
  const { data, starts, lengths, columnCount } = block
  let scratch = new Uint8Array(1024)
  let view = viewOf(scratch)
  out.reserve(to - from)
  const end = to * columnCount
  for (let i = from * columnCount + column; i < end; i += columnCount) {
    const length = lengths[i] as number
    const start = starts[i] as number
    if (length < 0) {
      out.levels[out.rows++] = 0
      continue
    }
    const size = length / 2 - 1
    if (size > scratch.length) {
      scratch = new Uint8Array(Math.ceil(size * 1.5))
      view = viewOf(scratch)
    }
    let valid = length >= 2 && length % 2 === 0 && data[start] === 0x5c && data[start + 1] === 0x78
    for (let k = 0, at = start + 2; valid && k < size; k++, at += 2) {
      const value = ((hexDigits[data[at] as number] as number) << 4) | (hexDigits[data[at + 1] as number] as number)
      valid = value >= 0
      scratch[k] = value
    }
    if (valid) out.appendBytes(scratch, view, 0, size)
    else {
      out.reject('invalid-text', cellText(data, start, Math.min(length, 200)))
      out.levels[out.rows++] = 0
    }
  }
}

const decodeUuidText: ColumnDecoder = decodeFixed((data, _view, start, length, out) => {
  let at = start
  const end = start + length
  let valid = length >= 32
  const target = out.values * 16
  for (let k = 0; valid && k < 16; k++) {
    if (data[at] === 0x2d) at++
    const value = ((hexDigits[data[at] as number] as number) << 4) | (hexDigits[data[at + 1] as number] as number)
    valid = value >= 0 && at + 2 <= end
    out.bytes[target + k] = value
    at += 2
  }
  if (valid && at === end) return true
  out.reject('invalid-text', cellText(data, start, length))
  return false
})
