import type { ExportOptions } from '../kit/connector.ts'
import { UnsupportedFormatError } from './errors.ts'

export const CSV = 'csv' as const
export const NDJSON = 'ndjson' as const
export const PARQUET = 'parquet' as const

export type IngestFormat = ExportOptions['format']

const formats: readonly string[] = [CSV, NDJSON, PARQUET]

/** @throws UnsupportedFormatError for anything but the constants, which scripts without types can pass */
export function checkFormat(format: string): asserts format is IngestFormat {
  if (formats.includes(format)) return
  throw new UnsupportedFormatError({
    message: `There is no format "${format}". Use one of the constants CSV, NDJSON and PARQUET.`,
    details: { format },
  })
}
