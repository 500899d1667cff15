import type { Column, LogicalType } from '@millrace/formats'
import { fitValue, isMoment } from './fit-value.ts'

/**
 * The column for a key that the table does not have, by the values of one batch. The type has to hold
 * what comes later, too, so it is a wide one: whole numbers are 64 bits, other numbers floats, and
 * strings are text unless all of them are moments with a zone.
 */
export function newColumn(name: string, tokens: readonly string[]): Column {
  const type = typeFor(tokens)
  return { name, type, nullable: true, sourceType: type.kind }
}

const int64: LogicalType = { kind: 'integer', bits: 64, unsigned: false }

function typeFor(tokens: readonly string[]): LogicalType {
  const kinds = new Set(tokens.map(kindOf))
  if (kinds.has('document')) return { kind: 'json' }
  if (kinds.size > 1) return { kind: 'text' }
  if (kinds.has('boolean')) return { kind: 'boolean' }
  if (kinds.has('string')) return tokens.every(isMoment) ? { kind: 'timestamp', utc: true } : { kind: 'text' }
  if (tokens.every((token) => fitValue(int64, token) !== undefined)) return int64
  // A whole number beyond 64 bits would lose digits as a float.
  return tokens.some((token) => /^-?\d{16,}$/.test(token)) ? { kind: 'text' } : { kind: 'float', bits: 64 }
}

function kindOf(token: string): 'string' | 'boolean' | 'document' | 'number' {
  switch (token[0]) {
    case '"':
      return 'string'
    case 't':
    case 'f':
      return 'boolean'
    case '{':
    case '[':
      return 'document'
    default:
      return 'number'
  }
}
