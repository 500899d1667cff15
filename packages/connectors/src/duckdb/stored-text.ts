import type { DuckDBArrayType, DuckDBListType, DuckDBType } from '@duckdb/node-api'
import type { LogicalType } from '@millrace/formats'
import { canonicalScalar, canonicalText } from './canonical-text.ts'
import { duckdbType, logicalType } from './types.ts'

/**
 * SQL for the canonical text of a logical type as a DuckDB column stores it. The column may be wider
 * than the type (a FLOAT kept as DOUBLE, a DECIMAL(10,2) in a DECIMAL(18,4)) or text; its text is
 * still that of the logical type, or hashes of both sides could not agree.
 */
export function storedText(logical: LogicalType, actual: DuckDBType, value: string): string {
  const own = logicalType(actual)
  if (own.kind === 'text' && actual.typeId === 17) {
    return logical.kind === 'duration' ? durationOfText(value) : value
  }
  switch (logical.kind) {
    case 'duration':
      return own.kind === 'interval' ? canonicalScalar(logical, value) : canonicalText(actual, value)
    case 'integer':
      return own.kind === 'integer' ? canonicalText(actual, value) : narrowed(logical, value)
    case 'decimal': {
      if (logical.precision === null || logical.precision > 38) return canonicalText(actual, value)
      if (own.kind === 'decimal' && own.scale === (logical.scale ?? 0)) return canonicalText(actual, value)
      return narrowed(logical, value)
    }
    case 'float':
      return own.kind === 'float' && own.bits === logical.bits ? canonicalText(actual, value) : narrowed(logical, value)
    case 'date':
    case 'time':
    case 'binary':
    case 'boolean':
      return own.kind === logical.kind ? canonicalText(actual, value) : narrowed(logical, value)
    case 'timestamp':
      return own.kind === 'timestamp' && own.utc === logical.utc
        ? canonicalText(actual, value)
        : narrowed(logical, value)
    case 'list': {
      // Not `own.kind`: a list of documents is a document by itself, but here it is known to be a list of them.
      if (actual.typeId !== 24 && actual.typeId !== 33) return canonicalText(actual, value)
      const { valueType } = actual as DuckDBListType | DuckDBArrayType
      const text = storedText(logical.element, valueType, 'e')
      return `CASE WHEN ${value} IS NULL THEN NULL ELSE '{' || array_to_string(list_transform(${value}, lambda e: _millrace_element(${text})), ',') || '}' END`
    }
    default:
      return canonicalText(actual, value)
  }
}

function narrowed(logical: LogicalType, value: string): string {
  return canonicalScalar(logical, `CAST(${value} AS ${duckdbType(logical)})`)
}

/** `-838:59:59.5` as microseconds. */
function durationOfText(value: string): string {
  const magnitude = `ltrim(${value}, '-')`
  const seconds = [
    `CAST(split_part(${magnitude}, ':', 1) AS BIGINT) * 3600000000`,
    `CAST(split_part(${magnitude}, ':', 2) AS BIGINT) * 60000000`,
    `CAST(CAST(split_part(${magnitude}, ':', 3) AS DECIMAL(18,6)) * 1000000 AS BIGINT)`,
  ].join(' + ')
  return `CAST((${seconds}) * CASE WHEN starts_with(${value}, '-') THEN -1 ELSE 1 END AS VARCHAR)`
}

/**
 * SQL that turns a value as it is staged in Parquet into its DuckDB column's type. Parquet has no
 * intervals with microseconds, so they are staged as ISO 8601 text, and durations as microseconds.
 */
export function fromParquet(logical: LogicalType, target: string, value: string): string {
  if (target === 'INTERVAL') {
    if (logical.kind === 'interval') return `_millrace_parse_interval(${value})`
    if (logical.kind === 'duration') return `to_microseconds(${value})`
  }
  if (logical.kind === 'list' && target.endsWith('[]')) {
    const element = fromParquet(logical.element, target.slice(0, -2), 'e')
    return `CAST(list_transform(${value}, lambda e: ${element}) AS ${target})`
  }
  return `CAST(${value} AS ${target})`
}

/** SQL that moves a staged value into an existing column; into text it goes as its canonical text. */
export function intoColumn(logical: LogicalType, staged: string, target: DuckDBType, value: string): string {
  const type = target.alias ?? target.toString()
  if (type === staged) return value
  if (type !== 'VARCHAR') return `CAST(${value} AS ${type})`
  if (logical.kind === 'duration') return `CAST(${value} AS VARCHAR)`
  return canonicalScalar(logical, value)
}
