import type { TinybirdFormat } from './types.ts'

export const contentTypes: Readonly<Record<TinybirdFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
}

/** CSV in Tinybird's sense has doubled quotes and no escape character, so none is ever sent. */
export function formatParameters(format: TinybirdFormat): Record<string, string> {
  return format === 'csv' ? { format, dialect_delimiter: ',', dialect_new_line: '\n' } : { format }
}
