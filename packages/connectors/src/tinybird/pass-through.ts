import type { Column } from '@millrace/formats'
import { type ClickhouseType, parseClickhouseType } from '../kit/clickhouse-type.ts'
import type { StoredColumn } from './columns.ts'

const comma = 0x2c
const lineFeed = 0x0a
const space = 0x20
const tab = 0x09
const apostrophe = 0x27
const backslash = 0x5c
const minus = 0x2d
const zero = 0x30
const nine = 0x39

/** Sources whose values are always of their column's type. */
const typedDialects = new Set(['postgres', 'duckdb'])

/**
 * Tells whether ClickHouse reads a piece of canonical CSV exactly as it is, so that it need not be
 * written anew; null when the types alone say no. Some pieces that would do are refused: a comma
 * within quotes is taken for the end of a field.
 */
export function createPassThrough(
  columns: readonly Column[],
  layout: readonly StoredColumn[],
  sourceDialect: string,
): ((bytes: Uint8Array) => boolean) | null {
  const fits =
    typedDialects.has(sourceDialect) &&
    layout.length === columns.length &&
    columns.every((column, index) => {
      const stored = layout[index] as StoredColumn
      return stored.name === column.name && isReadAsItIs(column, parseClickhouseType(stored.type))
    })
  if (!fits) return null
  const times = columns.some(({ type }) => type.kind === 'date' || type.kind === 'timestamp')
  const decimals = columns.some(({ type }) => type.kind === 'decimal' && type.precision !== null)
  return (bytes) => isSafe(bytes, times, decimals)
}

/** Apart from the values that `isSafe` looks for. */
function isReadAsItIs({ type, nullable }: Column, { base, args, nullable: takesNull }: ClickhouseType): boolean {
  if (nullable && !takesNull) return false
  if (base === 'String') return true
  switch (type.kind) {
    case 'boolean':
      return base === 'Bool'
    case 'integer':
      return /^U?Int/.test(base)
    case 'float':
      return base.startsWith('Float')
    case 'decimal':
      return base === 'Decimal'
    case 'uuid':
      return base === 'UUID'
    case 'date':
      return base === 'Date32'
    case 'timestamp':
      return !type.utc && base === 'DateTime64' && Number(args[0] ?? 3) >= 6
    default:
      return false
  }
}

/** The bytes are whole rows, so nothing below reads past their last line feed. */
function isSafe(bytes: Uint8Array, times: boolean, decimals: boolean): boolean {
  const end = bytes.length
  if (end === 0 || !isSafeStart(bytes, 0, times, decimals)) return false
  for (let i = 1; i < end; i++) {
    const byte = bytes[i] as number
    // Hardly any other byte lies below a comma, so that one comparison passes over most.
    if (byte > comma || (byte !== comma && byte !== lineFeed)) continue
    const before = bytes[i - 1] as number
    // ClickHouse trims blanks of a bare field. A date that ends with `BC` is none that it has.
    if (before === space || before === tab || (before === 0x43 && times && bytes[i - 2] === 0x42)) return false
    if (i + 1 < end && !isSafeStart(bytes, i + 1, times, decimals)) return false
  }
  return true
}

/** Looks at the beginning of a field. */
function isSafeStart(bytes: Uint8Array, at: number, times: boolean, decimals: boolean): boolean {
  const byte = bytes[at] as number
  if (byte >= zero && byte <= nine) return !times || !isOtherYear(bytes, at, byte)
  if (byte === space || byte === tab || byte === apostrophe) return false
  // `\N` is NULL to ClickHouse.
  if (byte === backslash) return bytes[at + 1] !== 0x4e
  if (!times && !decimals) return true
  // infinity, Infinity, NaN, and the first of them with a sign.
  const letter = byte === minus ? bytes[at + 1] : byte
  if (letter === 0x69 || letter === 0x49) return bytes[at + (byte === minus ? 2 : 1)] !== 0x6e
  return !(letter === 0x4e && bytes[at + 1] === 0x61 && bytes[at + 2] === 0x4e)
}

/** A year that is not from 1900 to 2299, whatever it has of digits. */
function isOtherYear(bytes: Uint8Array, at: number, first: number): boolean {
  let digits = 1
  while (digits < 8 && (bytes[at + digits] as number) >= zero && (bytes[at + digits] as number) <= nine) digits++
  if (digits < 4 || bytes[at + digits] !== minus) return false
  const second = bytes[at + 1] as number
  const known = (first === 0x31 && second === nine) || (first === 0x32 && second <= 0x32)
  return digits > 4 || !known
}
