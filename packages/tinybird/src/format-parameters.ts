import { ConfigError } from '@millrace/core'
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

/**
 * The name itself when it is one: letters, digits and `_`, with a workspace before a dot where it is shared.
 *
 * @throws ConfigError TINYBIRD_NAME_INVALID
 */
export function dataSourceName(name: string): string {
  if (/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$/.test(name)) return name
  throw new ConfigError('TINYBIRD_NAME_INVALID', {
    message: `${JSON.stringify(name)} cannot be the name of a data source: use letters, digits and _, beginning with a letter.`,
  })
}

export function dataSourcePath(name: string, operation?: string): string {
  return `/v0/datasources/${encodeURIComponent(dataSourceName(name))}${operation === undefined ? '' : `/${operation}`}`
}
