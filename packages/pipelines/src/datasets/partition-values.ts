import { quoteText, type Scalar } from '@millrace/connectors'
import { ConfigError, DataError } from '@millrace/core'
import type { Column } from '@millrace/formats'

export const partitionTypes = ['string', 'integer', 'float', 'datetime', 'category', 'bool'] as const

export type PartitionType = (typeof partitionTypes)[number]

/** Equal ones are the same value, and within one type `<` orders them. Times are microseconds since 1970. */
export type PartitionKey = string | bigint | number | boolean | null

/** @throws ConfigError `PARTITION_TYPE_REFUSED` */
export function partitionTypeOf({ name, type, sourceType }: Column): PartitionType {
  switch (type.kind) {
    case 'text':
    case 'uuid':
      return 'string'
    case 'enum':
      return 'category'
    case 'integer':
      return 'integer'
    case 'decimal':
      return type.scale === 0 ? 'integer' : 'float'
    case 'float':
      return 'float'
    case 'date':
    case 'timestamp':
      return 'datetime'
    case 'boolean':
      return 'bool'
    default:
      throw new ConfigError('PARTITION_TYPE_REFUSED', {
        message: `The column "${name}" of type ${sourceType} cannot be a partition. Partitions are texts, numbers, times, categories and booleans.`,
        details: { partition: name, type: sourceType },
      })
  }
}

/** Run ids of the engine are numbers; other engines have texts. */
export function runIdType(ids: readonly string[]): 'integer' | 'string' {
  return ids.every((id) => /^(0|[1-9]\d{0,17})$/.test(id)) ? 'integer' : 'string'
}

/**
 * A value as people or paths have it. Nothing is guessed: a boolean is true, false, 1 or 0 (or `t`, `f`).
 *
 * @throws DataError `PARTITION_VALUE_INVALID`
 */
export function partitionKey(partition: string, type: PartitionType, value: Scalar | bigint | Date): PartitionKey {
  if (value === null) return null
  const text = value instanceof Date ? value.toISOString() : String(value)
  const key = keyOf(type, text)
  if (key !== undefined) return key
  throw new DataError('PARTITION_VALUE_INVALID', {
    message: `"${text}" is not a value of the partition "${partition}", which is of type ${type}.`,
    details: { partition, type },
  })
}

function keyOf(type: PartitionType, text: string): PartitionKey | undefined {
  switch (type) {
    case 'string':
    case 'category':
      return text
    case 'integer':
      return /^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')) : undefined
    case 'float':
      return /^(NaN|-?Infinity|[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)$/.test(text) ? Number(text) : undefined
    case 'datetime':
      return microseconds(text)
    case 'bool':
      return { true: true, t: true, 1: true, false: false, f: false, 0: false }[text.toLowerCase()]
  }
}

const time =
  /^(\d{4,6})-(\d\d)-(\d\d)(?:[ T]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,6}))?)?(?:Z|\+00(?::?00)?)?)?( BC)?$/

function microseconds(text: string): bigint | undefined {
  if (/^-?infinity$/.test(text)) return text.startsWith('-') ? -(2n ** 80n) : 2n ** 80n
  const match = time.exec(text)
  if (match === null) return undefined
  const [, years = '', month, day, hour = '0', minute = '0', second = '0', fraction = '', era] = match
  const year = era === undefined ? Number(years) : 1 - Number(years)
  const date = new Date(0)
  date.setUTCFullYear(year, Number(month) - 1, Number(day))
  if (date.getUTCDate() !== Number(day) || date.getUTCMonth() !== Number(month) - 1) return undefined
  date.setUTCHours(Number(hour), Number(minute), Number(second))
  return BigInt(date.getTime()) * 1000n + BigInt(fraction.padEnd(6, '0'))
}

/** Canonical text as a JavaScript value: times stay text, and so do integers beyond 2^53. */
export function plainValue(type: PartitionType, text: string | null): Scalar {
  if (text === null) return null
  if (type === 'bool') return text === 't'
  if (type === 'float' || (type === 'integer' && Number.isSafeInteger(Number(text)))) return Number(text)
  return text
}

/** Canonical text as a value of DuckDB. Texts stand for enums, whose words differ from run to run. */
export function partitionLiteral({ sourceType, type }: Column, value: string | null): string {
  const sqlType = type.kind === 'enum' ? 'VARCHAR' : sourceType
  return value === null
    ? `cast(null as ${sqlType})`
    : `cast(${quoteText(value.replace(/ BC$/, ' (BC)'))} as ${sqlType})`
}

/** Null comes last. */
export function compareKeys(a: PartitionKey, b: PartitionKey): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return a < b ? -1 : a > b ? 1 : 0
}
