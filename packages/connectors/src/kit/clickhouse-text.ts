import type { LogicalType } from '@millrace/formats'
import { type ClickhouseType, parseClickhouseType } from './clickhouse-type.ts'

/** SQL for the canonical text of a column's value, which is not NULL, in a column of this ClickHouse type. */
export function clickhouseText(type: LogicalType, stored: ClickhouseType, value: string): string {
  if (stored.base === 'Array') return listText(type, stored, value)
  switch (type.kind) {
    case 'boolean':
      return stored.base === 'Bool' ? `if(${value}, 't', 'f')` : `toString(${value})`
    case 'float':
      return stored.base.startsWith('Float') ? floatText(value, type.bits) : `toString(${value})`
    case 'decimal':
      return stored.base === 'Decimal' ? `toDecimalString(${value}, ${stored.args[1] ?? 0})` : `toString(${value})`
    case 'timestamp':
      return timestampText(type.utc, stored, value)
    case 'duration':
      return durationText(`toString(${value})`)
    case 'time':
      return withoutTrailingZeros(`toString(${value})`, `position(toString(${value}), '.') > 0`)
    default:
      return `toString(${value})`
  }
}

function timestampText(utc: boolean, stored: ClickhouseType, value: string): string {
  if (!stored.base.startsWith('DateTime')) return `toString(${value})`
  const text = utc ? `toString(${value}, 'UTC')` : `toString(${value})`
  const plain = stored.base === 'DateTime64' && stored.args[0] !== '0' ? withoutTrailingZeros(text) : text
  return utc ? `concat(${plain}, '+00')` : plain
}

function withoutTrailingZeros(text: string, when?: string): string {
  const trimmed = `trim(TRAILING '.' FROM trim(TRAILING '0' FROM ${text}))`
  return when === undefined ? trimmed : `if(${when}, ${trimmed}, ${text})`
}

/** Amounts of time are compared, and hashed, as microseconds. */
function durationText(text: string): string {
  const part = (index: number) => `splitByChar(':', replaceOne(${text}, '-', ''))[${index}]`
  const seconds = `toInt64OrZero(${part(1)}) * 3600 + toInt64OrZero(${part(2)}) * 60`
  const micros = `(${seconds}) * 1000000 + toInt64(round(toFloat64OrZero(${part(3)}) * 1000000))`
  return `toString(if(startsWith(${text}, '-'), -1, 1) * (${micros}))`
}

/**
 * ClickHouse prints the shortest digits as PostgreSQL does, but writes an exponent elsewhere and
 * another way. The lambdas stand for names: the text, its digits, and where the point belongs.
 */
function floatText(value: string, bits: 32 | 64): string {
  const sign = `if(startsWith(toString(${value}), '-'), '-', '')`
  const text = `trim(LEADING '-' FROM toString(${value}))`
  const special = `isNaN(${value}), 'NaN', isInfinite(${value}), concat(${sign}, 'Infinity')`
  const whole = "splitByChar('.', splitByChar('e', t)[1])[1]"
  const digits = "trim(LEADING '0' FROM replaceOne(splitByChar('e', t)[1], '.', ''))"
  const zeros = `(length(replaceOne(splitByChar('e', t)[1], '.', '')) - length(${digits}))`
  const exponent = `toInt32(length(${whole})) - 1 - toInt32(${zeros}) + toInt32OrZero(splitByChar('e', t)[2])`
  const significant = `trim(TRAILING '0' FROM ${digits})`
  const fraction = "if(length(d) > 1, concat('.', substring(d, 2)), '')"
  const size = "leftPad(toString(abs(x)), greatest(2, length(toString(abs(x)))), '0')"
  const scientific = `concat(substring(d, 1, 1), ${fraction}, 'e', if(x < 0, '-', '+'), ${size})`
  const limit = bits === 32 ? 6 : 15
  // Between the limits of both, ClickHouse writes no exponent either.
  const laidOut = `arrayMap((t, d, x) -> if(t = '0' OR (x >= -4 AND x < ${limit}), t, ${scientific}), [${text}], arrayMap(t -> ${significant}, [${text}]), arrayMap(t -> ${exponent}, [${text}]))[1]`
  return `multiIf(${special}, concat(${sign}, ${laidOut}))`
}

/** PostgreSQL's array literal. */
function listText(type: LogicalType, stored: ClickhouseType, value: string): string {
  if (type.kind !== 'list') return `toString(${value})`
  const element = parseClickhouseType(stored.args[0] ?? 'String')
  const text = clickhouseText(type.element, element, element.nullable ? 'assumeNotNull(e)' : 'e')
  const quoted = `if(q = '' OR upper(q) = 'NULL' OR match(q, '[{},"\\\\\\\\\\\\s\\\\x0b]'), concat('"', replaceAll(replaceAll(q, '\\\\', '\\\\\\\\'), '"', '\\\\"'), '"'), q)`
  const one = element.nullable
    ? `if(isNull(e), 'NULL', arrayMap(q -> ${quoted}, [${text}])[1])`
    : `arrayMap(q -> ${quoted}, [${text}])[1]`
  return `concat('{', arrayStringConcat(arrayMap(e -> ${one}, ${value}), ','), '}')`
}

export interface HashedText {
  /** SQL of the canonical text. */
  readonly text: string
  /** SQL of the value itself when it can be NULL, else null. */
  readonly nullable: string | null
}

/** One row: the number of rows, and the two sums of the content hash, all as decimal text. */
export function clickhouseHashQuery(columns: readonly HashedText[], from: string): string {
  const parts = columns.map(({ text, nullable }) => {
    const marked = `arrayMap(v -> concat(toString(length(v)), ':', v), [${text}])[1]`
    return nullable === null ? marked : `if(isNull(${nullable}), '~', ${marked})`
  })
  const row = parts.length === 0 ? "''" : parts.length === 1 ? (parts[0] as string) : `concat(${parts.join(', ')})`
  const half = (start: number) => `sumWithOverflow(reinterpretAsUInt64(reverse(substring(m, ${start}, 8))))`
  return `SELECT toString(count()) AS n, toString(${half(1)}) AS high, toString(${half(9)}) AS low FROM (SELECT MD5(${row}) AS m FROM ${from})`
}
