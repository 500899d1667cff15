import { canonicalFloatText, type LogicalType } from '@millrace/formats'
import type { SqliteValue } from './database.ts'

/**
 * The canonical text of a value in a column of this type. A value of another storage class, which
 * SQLite allows in any column, keeps its own text; whoever needs the type then finds that it does not fit.
 */
export function cellText(type: LogicalType, value: SqliteValue): string | null {
  if (value === null) return null
  if (typeof value === 'string') return textOf(type, value)
  if (typeof value === 'bigint') {
    if (type.kind === 'boolean' && (value === 0n || value === 1n)) return value === 1n ? 't' : 'f'
    return type.kind === 'float' ? canonicalFloatText(Number(value), type.bits) : String(value)
  }
  if (typeof value === 'number') {
    if (type.kind === 'decimal') return plainDigits(value)
    return canonicalFloatText(value, type.kind === 'float' ? type.bits : 64)
  }
  return `\\x${Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')}`
}

function textOf(type: LogicalType, text: string): string {
  switch (type.kind) {
    case 'boolean':
      return /^(true|t)$/i.test(text) ? 't' : /^(false|f)$/i.test(text) ? 'f' : text
    case 'timestamp': {
      const match = /^(\d{4,}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|[+-]00(?::?00)?)?$/.exec(text)
      if (!match) return text
      const [, date, time = '', fraction = '', zone] = match
      if (zone !== undefined && !type.utc) return text
      const seconds = time.length === 5 ? `${time}:00` : time
      return `${date} ${seconds}${fraction.replace(/\.?0+$/, '')}${type.utc ? '+00' : ''}`
    }
    case 'uuid':
      return text.toLowerCase()
    default:
      return text
  }
}

/** A decimal has no exponent. */
function plainDigits(value: number): string {
  const text = canonicalFloatText(value, 64)
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (!match) return text
  const [, sign, lead, rest = '', power] = match
  const digits = `${lead}${rest}`
  const point = 1 + Number(power)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return point >= digits.length
    ? `${sign}${digits.padEnd(point, '0')}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}
