import type { Scalar } from '../kit/connector.ts'
import { cellText } from './cell-text.ts'
import type { SqliteValue } from './database.ts'
import { logicalType } from './types.ts'

/** A value as it stands in an object, by the type that its column declares. */
export function scalarOf(declared: string, value: SqliteValue): Scalar {
  const type = logicalType(declared) ?? { kind: 'text' }
  if (type.kind === 'boolean' && (value === 0n || value === 1n)) return value === 1n
  if (typeof value === 'bigint' && value >= -2147483648n && value <= 2147483647n) return Number(value)
  return cellText(type, value)
}
