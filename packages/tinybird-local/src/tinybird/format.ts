import { ApiError } from './api-error.ts'

export type Format = 'csv' | 'ndjson' | 'parquet'

export const engineFormats = { csv: 'CSV', ndjson: 'JSONEachRow', parquet: 'Parquet' } as const satisfies Record<
  Format,
  string
>

/** How one load reads its rows. */
export interface Dialect {
  readonly format: Format
  /** Of CSV. */
  readonly delimiter: string
}

/** @throws ApiError 400 */
export function readDialect(parameters: URLSearchParams, fileName: string | null): Dialect {
  const format = parameters.get('format') ?? formatOfName(fileName ?? parameters.get('url')) ?? 'csv'
  if (format !== 'csv' && format !== 'ndjson' && format !== 'parquet') {
    throw new ApiError(400, `Invalid format "${format}". It must be csv, ndjson or parquet.`)
  }
  const delimiter = parameters.get('dialect_delimiter') ?? ','
  if (delimiter.length !== 1) throw new ApiError(400, 'dialect_delimiter must be one character.')
  const line = parameters.get('dialect_new_line') ?? '\n'
  if (line !== '\n' && line !== '\r\n') throw new ApiError(400, 'dialect_new_line must be \\n or \\r\\n here.')
  const escaped = parameters.get('dialect_escapechar')
  if (escaped !== null && escaped !== '' && escaped !== '"') {
    throw new ApiError(400, 'The local Tinybird reads CSV whose quotes are doubled; it has no dialect_escapechar.')
  }
  return { format, delimiter }
}

function formatOfName(name: string | null): Format | null {
  const match = /\.(csv|ndjson|jsonl|parquet)(?:\.gz)?$/.exec((name ?? '').replace(/[?#].*$/, ''))
  return match === null ? null : match[1] === 'jsonl' ? 'ndjson' : (match[1] as Format)
}

export function readSettings({ format, delimiter }: Dialect): Record<string, string> {
  return {
    date_time_input_format: 'best_effort',
    input_format_null_as_default: '1',
    ...(format === 'csv'
      ? {
          format_csv_delimiter: delimiter,
          input_format_csv_empty_as_default: '1',
          // A header is taken off before. ClickHouse would look for another one, and loses what it then cannot read.
          input_format_csv_detect_header: '0',
        }
      : {}),
    ...(format === 'csv' ? {} : { input_format_skip_unknown_fields: '1' }),
    ...(format === 'parquet' ? { input_format_parquet_allow_missing_columns: '1' } : {}),
  }
}
