import { clickhouseLogicalType, parseClickhouseType } from '../kit/clickhouse-type.ts'
import type { TypeMapping } from '../kit/connector.ts'

const remarks: Readonly<Record<string, string>> = {
  Date32: 'From 1900 to 2299; other dates follow --on-unrepresentable.',
  'DateTime64(6)': 'From 1900 to 2299, in UTC like the servers of Tinybird; finer than microseconds is read as text.',
  "DateTime64(6, 'UTC')": 'From 1900 to 2299; finer than microseconds is read as text.',
  'Decimal(P, S)': 'Up to 76 digits; NaN follows --on-unrepresentable.',
  String:
    'Also for JSON, enums, times of day, intervals, addresses, numbers of any length, and bytes in hexadecimal form.',
  'Array(Nullable(T))': 'Of one dimension, and never NULL itself.',
}

/** The types that Millrace makes, and what they are when they are read. Others are read as text. */
export const typeMappings: readonly TypeMapping[] = [
  'Bool',
  'Int8, Int16, Int32, Int64',
  'UInt8, UInt16, UInt32, UInt64',
  'Float32',
  'Float64',
  'Decimal(P, S)',
  'Date32',
  'DateTime64(6)',
  "DateTime64(6, 'UTC')",
  'UUID',
  'String',
  'Array(Nullable(T))',
].map((source) => ({ source, type: typeOf(source), ...(remarks[source] ? { remark: remarks[source] } : {}) }))

function typeOf(source: string): TypeMapping['type'] {
  if (source.startsWith('Decimal')) return { kind: 'decimal', precision: null, scale: null }
  if (source.startsWith('Array')) return { kind: 'list', element: { kind: 'text' } }
  // Of several widths, the widest stands for all.
  return clickhouseLogicalType(parseClickhouseType(source.replace(/^.*Int32, /, '')))
}
