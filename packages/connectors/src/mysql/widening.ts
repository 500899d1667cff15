import type { Column } from '@millrace/formats'
import { type Declaration, parseDeclaration } from './types.ts'

const integerBits: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, mediumint: 24, int: 32, bigint: 64 }
const textNames = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext'])
const blobBytes: Readonly<Record<string, number>> = {
  tinyblob: 255,
  blob: 65_535,
  mediumblob: 2 ** 24 - 1,
  longblob: 2 ** 32 - 1,
}

export function isText(declared: Declaration): boolean {
  return textNames.has(declared.name)
}

/**
 * Whether a destination's column takes every value of a source's column unchanged, where `want` is
 * the type that a new column would get. Text of any length fits a shorter text column as long as its
 * values do: the server refuses the others, and nothing is published.
 */
export function holds(have: string, want: string, column: Column): boolean {
  const to = parseDeclaration(have)
  const from = parseDeclaration(want)
  if (isText(to)) {
    const [length] = to.numbers
    const [needed] = from.numbers
    const bounded = (from.name === 'varchar' || from.name === 'char') && needed !== undefined
    return !bounded || length === undefined || length >= needed || column.type.kind !== 'text'
  }
  switch (column.type.kind) {
    case 'boolean':
      return to.name === 'tinyint' || (to.name === 'bit' && (to.numbers[0] ?? 1) === 1)
    case 'integer':
      if (from.name === to.name && from.name !== 'bit' && !(from.name in integerBits)) return true
      if (from.name === 'bit') return to.name === 'bit' && (to.numbers[0] ?? 1) >= (from.numbers[0] ?? 1)
      return integerHolds(to, from)
    case 'decimal':
      return to.name === 'decimal' && from.name === 'decimal' && decimalHolds(to, from)
    case 'float':
      return to.name === 'double' || (to.name === 'float' && from.name === 'float')
    case 'timestamp':
      if (to.name !== 'datetime' && !(to.name === 'timestamp' && column.type.utc)) return false
      return (to.numbers[0] ?? 0) >= (from.numbers[0] ?? 0)
    case 'duration':
    case 'time':
      return to.name === 'time' && (to.numbers[0] ?? 0) >= (from.numbers[0] ?? 0)
    case 'binary':
      return binaryHolds(to, from)
    case 'enum':
      return to.name === 'enum' && from.labels.every((label) => to.labels.includes(label))
    case 'uuid':
      return to.name === 'uuid'
    case 'date':
      return to.name === 'date'
    case 'json':
      return to.name === 'json'
    default:
      return to.name === from.name
  }
}

/** Whether the column can be altered to the wider type without a loss in the rows that it has. */
export function widens(want: string, have: string, column: Column): boolean {
  const from = parseDeclaration(have)
  const to = parseDeclaration(want)
  const sameFamily =
    from.name === to.name ||
    (from.name in integerBits && (to.name in integerBits || to.name === 'decimal')) ||
    (from.name === 'float' && to.name === 'double') ||
    (isText(from) && isText(to)) ||
    (isBinary(from) && isBinary(to))
  if (!sameFamily) return false
  if (isText(from)) return (to.numbers[0] ?? Infinity) >= (from.numbers[0] ?? Infinity)
  if (from.name in integerBits) return integerHolds(to, from)
  if (from.name === 'decimal') return decimalHolds(to, from)
  if (from.name === 'enum') return from.labels.every((label, index) => to.labels[index] === label)
  if (isBinary(from)) return from.name !== 'binary' && binaryHolds(to, from)
  return (to.numbers[0] ?? 0) >= (from.numbers[0] ?? 0) && holds(want, want, column)
}

function integerHolds(to: Declaration, from: Declaration): boolean {
  const need = integerBits[from.name]
  if (need === undefined) return from.name === 'year' && (integerBits[to.name] ?? 0) >= 16
  if (to.name === 'decimal') {
    const whole = (to.numbers[0] ?? 10) - (to.numbers[1] ?? 0)
    return whole >= Math.ceil(need * Math.log10(2)) && (from.unsigned || !to.unsigned)
  }
  const room = integerBits[to.name]
  if (room === undefined) return false
  if (to.unsigned === from.unsigned) return room >= need
  return from.unsigned && room > need
}

function decimalHolds(to: Declaration, from: Declaration): boolean {
  const [precision = 10, scale = 0] = to.numbers
  const [needed = 10, neededScale = 0] = from.numbers
  return scale >= neededScale && precision - scale >= needed - neededScale && (from.unsigned || !to.unsigned)
}

function isBinary({ name }: Declaration): boolean {
  return name === 'binary' || name === 'varbinary' || name in blobBytes
}

/** `binary(n)` pads its values, so only another of the same length takes it. */
function binaryHolds(to: Declaration, from: Declaration): boolean {
  if (!isBinary(to) || !isBinary(from)) return to.name === from.name
  if (to.name === 'binary') return from.name === 'binary' && to.numbers[0] === from.numbers[0]
  const capacity = ({ name, numbers }: Declaration) => blobBytes[name] ?? numbers[0] ?? 1
  return capacity(to) >= capacity(from)
}
