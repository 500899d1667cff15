import type { Column, LogicalType, UnrepresentablePolicy, WireFormat } from '@millrace/formats'
import type { LossForecast } from './types.ts'

interface Destination {
  readonly dialect: string
  readonly format: WireFormat
  /** The engine behind staged Parquet has infinite dates and timestamps. */
  readonly infinity: boolean
}

/**
 * Which columns may hold values that the destination cannot, judged by the types alone: the data is
 * not looked at. Empty means that every value of these types survives.
 */
export function forecastLosses(
  columns: readonly Column[],
  sourceDialect: string,
  destination: Destination,
  policy: UnrepresentablePolicy,
): LossForecast[] {
  return columns.flatMap((column) =>
    hazards(column.type, sourceDialect, destination).map(({ reason, values, altered }) => ({
      column: column.name,
      reason,
      message: `${values} ${altered ?? consequence(policy)}.`,
    })),
  )
}

function consequence(policy: UnrepresentablePolicy): string {
  if (policy === 'null') return 'would be stored as NULL and counted'
  if (policy === 'text') return 'would turn the whole column into text, and be counted'
  return 'would stop the load with an error that names the value'
}

interface Hazard {
  readonly reason: string
  readonly values: string
  readonly altered?: string
}

function hazards(type: LogicalType, source: string, to: Destination): Hazard[] {
  if (to.format === 'ndjson') return ndjsonHazards(type)
  if (to.format === 'parquet') return parquetHazards(type, source, to)
  if (to.dialect === 'postgres' && source !== 'postgres') return postgresHazards(type, source)
  if (to.dialect === 'mysql' && source !== 'mysql') return mysqlHazards(type)
  if (to.dialect === 'sqlite') return sqliteHazards(type)
  if (to.dialect === 'tinybird') return tinybirdHazards(type)
  return []
}

function ndjsonHazards(type: LogicalType): Hazard[] {
  if (type.kind === 'json') {
    return [
      {
        reason: 'json-null',
        values: 'A JSON null',
        altered: 'reads like SQL NULL when documents are embedded, and is counted (--json-as string keeps them apart)',
      },
      {
        reason: 'json-line-break',
        values: 'A line break between the tokens of a document',
        altered: 'becomes a space, so that a row stays one line, and is counted',
      },
    ]
  }
  if (type.kind === 'list')
    return [
      {
        reason: 'array-bounds',
        values: 'Arrays that do not begin at 1',
        altered: 'lose their lower bound, and are counted',
      },
    ]
  return []
}

function parquetHazards(type: LogicalType, source: string, to: Destination): Hazard[] {
  const found: Hazard[] = []
  if (type.kind === 'date' || type.kind === 'timestamp') {
    if (source === 'mysql') found.push({ reason: 'zero-date', values: 'Zero dates such as 0000-00-00' })
    else {
      if (!to.infinity)
        found.push({
          reason: type.kind === 'date' ? 'infinite-date' : 'infinite-timestamp',
          values: 'infinity and -infinity',
        })
      if (type.kind === 'timestamp') found.push({ reason: 'timestamp-range', values: 'Timestamps after 294247-01-10' })
    }
  }
  if (type.kind === 'time' && source !== 'mysql') found.push({ reason: 'time-24', values: 'The time 24:00:00' })
  if (type.kind === 'decimal' && type.precision !== null && type.precision <= 38 && source === 'postgres') {
    found.push({ reason: 'decimal-nan', values: 'The numeric NaN' })
  }
  if (type.kind === 'list') {
    found.push({
      reason: 'array-bounds',
      values: 'Arrays that do not begin at 1',
      altered: 'lose their lower bound, and are counted',
    })
    found.push({ reason: 'list-dimensions', values: 'Arrays of more than one dimension' })
    found.push(...parquetHazards(type.element, source, to))
  }
  return found
}

function postgresHazards(type: LogicalType, source: string): Hazard[] {
  if (type.kind === 'text' || type.kind === 'json' || type.kind === 'enum')
    return [{ reason: 'nul-byte', values: 'Text with a NUL byte' }]
  if (source === 'mysql' && (type.kind === 'date' || type.kind === 'timestamp'))
    return [{ reason: 'zero-date', values: 'Zero dates such as 0000-00-00' }]
  return []
}

function mysqlHazards(type: LogicalType): Hazard[] {
  if (type.kind === 'date' || type.kind === 'timestamp')
    return [{ reason: 'date-range', values: 'infinity, years before 1 and years after 9999' }]
  if (type.kind === 'float')
    return [
      { reason: 'float-nan', values: 'NaN and infinities' },
      { reason: 'negative-zero', values: 'The number -0' },
    ]
  if (type.kind === 'decimal') return [{ reason: 'decimal-nan', values: 'NaN and infinite numerics' }]
  return []
}

function tinybirdHazards(type: LogicalType): Hazard[] {
  switch (type.kind) {
    case 'date':
    case 'timestamp':
      return [{ reason: `${type.kind}-range`, values: 'infinity, and years before 1900 or after 2299' }]
    case 'decimal':
      return type.precision === null ? [] : [{ reason: 'decimal-nan', values: 'NaN and infinities' }]
    case 'list':
      return [
        { reason: 'null-list', values: 'Arrays that are NULL' },
        { reason: 'list-dimensions', values: 'Arrays of more than one dimension' },
        ...tinybirdHazards(type.element),
      ]
    default:
      return []
  }
}

function sqliteHazards(type: LogicalType): Hazard[] {
  if (type.kind === 'float') return [{ reason: 'negative-zero', values: 'The number -0' }]
  return []
}
