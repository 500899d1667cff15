import type { ExportOptions } from '../kit/connector.ts'
import { UnsupportedFormatError } from './errors.ts'

export const CSV = 'csv'
export const NDJSON = 'ndjson'
export const PARQUET = 'parquet'

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
