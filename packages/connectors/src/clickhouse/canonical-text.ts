import type { LogicalType } from '@millrace/formats'
import { clickhouseText } from '../kit/clickhouse-text.ts'
import { type ClickhouseType, isZoned, parseClickhouseType } from '../kit/clickhouse-type.ts'
import { quoteName } from './sql-text.ts'
import { fractionDigits, isNullable, logicalType } from './types.ts'

/**
 * SQL for the text of a value in a column declared so: canonical, but for floats (`createFloatFinisher`
 * does the rest, since which digits PostgreSQL chooses is beyond SQL). NULL stays NULL. A column may be wider than
 * the logical type it keeps, such as a Float64 with 32-bit floats; the text is still that of the logical type.
 */
export function canonicalText(declaration: string, value: string, logical = logicalType(declaration)): string {
  const stored = parseClickhouseType(declaration)
  if (stored.base === 'String') {
    const normal = logical.kind === 'duration' || logical.kind === 'time'
    return normal ? clickhouseText(logical, stored, value) : value
  }
  switch (logical.kind) {
    case 'boolean':
      return stored.base === 'Bool' ? `multiIf(isNull(${value}), NULL, ${value}, 't', 'f')` : `toString(${value})`
    case 'decimal':
      return stored.base === 'Decimal'
        ? `toDecimalString(${value}, ${Math.max(0, logical.scale ?? 0)})`
        : `toString(${value})`
    case 'float':
      return logical.bits === 32 && stored.base !== 'Float32' ? `toString(toFloat32(${value}))` : `toString(${value})`
    case 'timestamp':
      return timestampText(logical.utc, stored, value)
    case 'binary':
      return `concat('\\\\x', lower(hex(${value})))`
    case 'json':
      return isNullable(declaration) ? `if(isNull(${value}), NULL, toJSONString(${value}))` : `toJSONString(${value})`
    case 'list':
      return listText(stored.args[0] ?? 'String', value, logical.element)
    default:
      return `toString(${value})`
  }
}

/** A watermark keeps all digits of the column, also those that canonical text cuts. */
export function cursorText(declaration: string, name: string): string {
  const value = quoteName(name)
  return fractionDigits(declaration) > 6 ? `toString(toTimeZone(${value}, 'UTC'))` : canonicalText(declaration, value)
}

function timestampText(utc: boolean, stored: ClickhouseType, value: string): string {
  if (!stored.base.startsWith('DateTime')) return `toString(${value})`
  const digits = fractionDigits(stored.text)
  // A time without a zone that was written to a column with one is a time of that zone.
  const printed = !utc && isZoned(stored) ? `toString(${value})` : `toString(toTimeZone(${value}, 'UTC'))`
  const cut = digits > 6 ? `substring(${printed}, 1, 26)` : printed
  const trimmed = digits === 0 ? cut : `trim(TRAILING '.' FROM trim(TRAILING '0' FROM ${cut}))`
  return utc ? `concat(${trimmed}, '+00')` : trimmed
}

/** PostgreSQL's array literal. */
function listText(declaration: string, value: string, element: LogicalType): string {
  const quoted = `concat('"', replaceAll(replaceAll(assumeNotNull(t), '\\\\', '\\\\\\\\'), '"', '\\\\"'), '"')`
  const needs = `t = '' OR upper(t) = 'NULL' OR match(assumeNotNull(t), '[{},"\\\\\\\\\\\\s\\\\x0b]')`
  const texts = `arrayMap(e -> CAST(${canonicalText(declaration, 'e', element)}, 'Nullable(String)'), ${value})`
  const items = `arrayMap(t -> multiIf(isNull(t), 'NULL', ${needs}, ${quoted}, assumeNotNull(t)), ${texts})`
  return `concat('{', arrayStringConcat(${items}, ','), '}')`
}

/** Whether texts of this type still need to be finished. */
export function hasFloats(type: LogicalType): boolean {
  return type.kind === 'float' || (type.kind === 'list' && type.element.kind === 'float')
}

/** One row: the number of rows of `from`, and the two sums of the content hash. */
export function contentHashQuery(texts: readonly string[], from: string): string {
  // A name of the table's own would be taken for the text: an alias holds for the whole statement.
  const alias = (index: number) => `_millrace_${index}`
  const columns = texts.map((text, index) => `CAST(${text}, 'Nullable(String)') AS ${alias(index)}`)
  const parts = texts.map((_, index) => `ifNull(concat(toString(length(${alias(index)})), ':', ${alias(index)}), '~')`)
  const half = (at: number) => `sumWithOverflow(reinterpretAsUInt64(reverse(substring(h, ${at}, 8))))`
  // `concat` of older servers wants two arguments at least.
  return `SELECT count(), ${half(1)}, ${half(9)} FROM (SELECT MD5(concat('', ${parts.join(', ')})) AS h FROM (SELECT ${columns.join(', ')} FROM ${from}))`
}
