import type { DuckDBArrayType, DuckDBListType, DuckDBType } from '@duckdb/node-api'
import type { LogicalType } from '@millrace/formats'
import { logicalType } from './types.ts'

/**
 * What the expressions below call; made in every connection.
 *
 * DuckDB prints the shortest digits as PostgreSQL does, but turns to scientific notation at 1e16,
 * where PostgreSQL does at 1e15, and at 1e6 for 32 bits; it writes `.0` after whole numbers.
 */
export const canonicalMacros = String.raw`
CREATE OR REPLACE TEMP MACRO _millrace_scientific(s) AS
  CASE WHEN s[1] = '-' THEN '-' ELSE '' END
  || replace(ltrim(s, '-'), '.', '')[1]
  || CASE WHEN rtrim(replace(ltrim(s, '-'), '.', '')[2:], '0') = '' THEN ''
     ELSE '.' || rtrim(replace(ltrim(s, '-'), '.', '')[2:], '0') END
  || 'e+' || lpad((length(split_part(ltrim(s, '-'), '.', 1)) - 1)::VARCHAR, 2, '0');
CREATE OR REPLACE TEMP MACRO _millrace_plain(s) AS CASE WHEN ends_with(s, '.0') THEN s[:-3] ELSE s END;
CREATE OR REPLACE TEMP MACRO _millrace_special(x) AS
  CASE WHEN isnan(x) THEN 'NaN' WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END;
CREATE OR REPLACE TEMP MACRO _millrace_float64(x) AS
  CASE WHEN NOT isfinite(x) THEN _millrace_special(x)
  WHEN abs(x) >= 1e15 AND abs(x) < 1e16 THEN _millrace_scientific(x::VARCHAR)
  ELSE _millrace_plain(x::VARCHAR) END;
CREATE OR REPLACE TEMP MACRO _millrace_float32(x) AS
  CASE WHEN NOT isfinite(x) THEN _millrace_special(x)
  WHEN abs(x) >= 1e6::FLOAT AND abs(x) < 1e16::FLOAT AND NOT contains(x::VARCHAR, 'e') THEN _millrace_scientific(x::VARCHAR)
  ELSE _millrace_plain(x::VARCHAR) END;
CREATE OR REPLACE TEMP MACRO _millrace_era(s) AS
  CASE WHEN contains(s, ' (BC)') THEN replace(s, ' (BC)', '') || ' BC' ELSE s END;
CREATE OR REPLACE TEMP MACRO _millrace_part(n, unit) AS CASE WHEN n = 0 THEN '' ELSE n::VARCHAR || unit END;
CREATE OR REPLACE TEMP MACRO _millrace_fraction(us) AS
  CASE WHEN us = 0 THEN '' ELSE '.' || rtrim(lpad(us::VARCHAR, 6, '0'), '0') END;
CREATE OR REPLACE TEMP MACRO _millrace_seconds(us) AS
  CASE WHEN us = 0 THEN ''
  ELSE CASE WHEN us < 0 THEN '-' ELSE '' END || (abs(us) // 1000000)::VARCHAR || _millrace_fraction(abs(us) % 1000000) || 'S' END;
CREATE OR REPLACE TEMP MACRO _millrace_interval(i) AS
  CASE WHEN i IS NULL THEN NULL
  WHEN datepart('year', i) = 0 AND datepart('month', i) = 0 AND datepart('day', i) = 0 AND datepart('hour', i) = 0
    AND datepart('minute', i) = 0 AND datepart('microseconds', i) = 0 THEN 'PT0S'
  ELSE concat('P', _millrace_part(datepart('year', i), 'Y'), _millrace_part(datepart('month', i), 'M'), _millrace_part(datepart('day', i), 'D'),
    CASE WHEN datepart('hour', i) = 0 AND datepart('minute', i) = 0 AND datepart('microseconds', i) = 0 THEN ''
    ELSE concat('T', _millrace_part(datepart('hour', i), 'H'), _millrace_part(datepart('minute', i), 'M'), _millrace_seconds(datepart('microseconds', i))) END) END;
CREATE OR REPLACE TEMP MACRO _millrace_number(s) AS CASE WHEN s = '' THEN 0 ELSE CAST(s AS DECIMAL(38,6)) END;
CREATE OR REPLACE TEMP MACRO _millrace_parse_interval(s) AS
  CASE WHEN s IS NULL THEN NULL
  WHEN regexp_matches(s, '^P(-?[0-9]+Y)?(-?[0-9]+M)?(-?[0-9]+D)?(T(-?[0-9]+H)?(-?[0-9]+M)?(-?[0-9.]+S)?)?$') THEN
    to_months((_millrace_number(regexp_extract(split_part(s, 'T', 1), '(-?[0-9]+)Y', 1)) * 12
      + _millrace_number(regexp_extract(split_part(s, 'T', 1), '(-?[0-9]+)M', 1)))::INTEGER)
    + to_days(_millrace_number(regexp_extract(split_part(s, 'T', 1), '(-?[0-9]+)D', 1))::INTEGER)
    + to_microseconds(((_millrace_number(regexp_extract(split_part(s, 'T', 2), '(-?[0-9]+)H', 1)) * 3600
      + _millrace_number(regexp_extract(split_part(s, 'T', 2), '(-?[0-9]+)M', 1)) * 60
      + _millrace_number(regexp_extract(split_part(s, 'T', 2), '(-?[0-9.]+)S', 1))) * 1000000)::BIGINT)
  ELSE error('not an interval that DuckDB can hold: ' || s) END;
CREATE OR REPLACE TEMP MACRO _millrace_element(s) AS
  CASE WHEN s IS NULL THEN 'NULL'
  WHEN s = '' OR upper(s) = 'NULL' OR regexp_matches(s, '[{},"\\\s\x0b]') THEN '"' || replace(replace(s, '\', '\\'), '"', '\"') || '"'
  ELSE s END;
`

/** SQL for the canonical text of a value of this DuckDB type; NULL stays NULL. */
export function canonicalText(type: DuckDBType, value: string): string {
  const logical = logicalType(type)
  if (logical.kind === 'list') {
    const { valueType } = type as DuckDBListType | DuckDBArrayType
    return listText(value, (element) => canonicalText(valueType, element))
  }
  if (logical.kind === 'json' && type.alias !== 'JSON') return `CAST(to_json(${value}) AS VARCHAR)`
  // The finer and coarser timestamps print like the common one once they are it; digits beyond microseconds are cut.
  if (type.typeId === 20 || type.typeId === 21 || type.typeId === 22) {
    return canonicalScalar(logical, `CAST(${value} AS TIMESTAMP)`)
  }
  if (type.typeId === 39) return canonicalScalar(logical, `CAST(${value} AS TIME)`)
  return canonicalScalar(logical, value)
}

/** The same for a value that already has the natural type of `type` (see `duckdbType`). */
export function canonicalScalar(type: LogicalType, value: string): string {
  switch (type.kind) {
    case 'boolean':
      return `CASE ${value} WHEN true THEN 't' WHEN false THEN 'f' END`
    case 'float':
      return type.bits === 32 ? `_millrace_float32(${value})` : `_millrace_float64(${value})`
    case 'binary':
      return `'\\x' || lower(hex(${value}))`
    case 'date':
    case 'timestamp':
      return `_millrace_era(CAST(${value} AS VARCHAR))`
    case 'interval':
      return `_millrace_interval(${value})`
    case 'duration':
      return durationMicroseconds(value)
    case 'list':
      return listText(value, (element) => canonicalScalar(type.element, element))
    case 'decimal': {
      const text = `CAST(${value} AS VARCHAR)`
      // DuckDB prints no zero before the point when the type has no place for one.
      return type.precision !== null && type.precision === type.scale
        ? `regexp_replace(${text}, '^(-?)[.]', '\\10.')`
        : text
    }
    default:
      return `CAST(${value} AS VARCHAR)`
  }
}

/** Amounts of time are compared, and hashed, as microseconds. */
function durationMicroseconds(value: string): string {
  const months = `(datepart('year', ${value}) * 12 + datepart('month', ${value}))`
  const days = `(${months} * 30 + datepart('day', ${value}))`
  const minutes = `((${days} * 24 + datepart('hour', ${value})) * 60 + datepart('minute', ${value}))`
  return `CAST(${minutes} * 60000000 + datepart('microseconds', ${value}) AS VARCHAR)`
}

function listText(value: string, element: (name: string) => string): string {
  const elements = `list_transform(${value}, lambda e: _millrace_element(${element('e')}))`
  return `CASE WHEN ${value} IS NULL THEN NULL ELSE '{' || array_to_string(${elements}, ',') || '}' END`
}

/** One hash over all rows of `from`: row count, and the two sums of `content-hash.ts`, as decimal text. */
export function contentHashQuery(texts: readonly string[], from: string): string {
  // `concat` passes over NULL, so a missing value leaves its mark alone.
  const parts = texts.map(
    (_, index) => `strlen(c${index}), CASE WHEN c${index} IS NULL THEN '~' ELSE ':' END, c${index}`,
  )
  const columns = texts.map((text, index) => `${text} AS c${index}`)
  // The inner subqueries are kept apart so that each text is made once.
  return `SELECT count(*)::VARCHAR, coalesce(sum(CAST('0x' || substr(h, 1, 16) AS UBIGINT)), 0)::VARCHAR, coalesce(sum(CAST('0x' || substr(h, 17, 16) AS UBIGINT)), 0)::VARCHAR
FROM (SELECT md5(concat(${parts.join(', ')})) AS h FROM (SELECT ${columns.join(', ')} FROM ${from}))`
}
