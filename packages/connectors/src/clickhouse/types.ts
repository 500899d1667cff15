import type { LogicalType } from '@millrace/formats'
import { type ClickhouseType, clickhouseLogicalType, parseClickhouseType } from '../kit/clickhouse-type.ts'
import type { TypeMapping } from '../kit/connector.ts'

const wideDigits: Readonly<Record<string, number>> = { Int128: 39, UInt128: 39, Int256: 77, UInt256: 78 }

/** What has parts that only JSON can show in one text. */
const documents =
  /^(Map|Tuple|Nested|JSON|Object|Variant|Dynamic|Point|Ring|LineString|MultiLineString|Polygon|MultiPolygon|Geometry)$/

/** What the values of a column are; a type without an own codec travels as its text. */
export function logicalType(declaration: string): LogicalType {
  const type = parseClickhouseType(declaration)
  const { base, args } = type
  const wide = wideDigits[base]
  if (wide !== undefined) return { kind: 'decimal', precision: wide, scale: 0 }
  if (documents.test(base)) return { kind: 'json' }
  switch (base) {
    case 'BFloat16':
      return { kind: 'float', bits: 32 }
    case 'DateTime64':
      return { kind: 'timestamp', utc: args.length > 1 }
    case 'FixedString':
    case 'AggregateFunction':
      return { kind: 'binary' }
    case 'Enum8':
    case 'Enum16':
      return { kind: 'enum', labels: args.map(enumLabel) }
    case 'Array': {
      const element = logicalType(args[0] ?? 'String')
      // Arrays of arrays may be ragged and arrays of documents have no array literal: they are documents.
      return element.kind === 'list' || element.kind === 'json' ? { kind: 'json' } : { kind: 'list', element }
    }
    default:
      return clickhouseLogicalType(type)
  }
}

export function isNullable(declaration: string): boolean {
  const { nullable, base } = parseClickhouseType(declaration)
  return nullable || base === 'Variant' || base === 'Dynamic'
}

/** Digits after the second that a type keeps. */
export function fractionDigits(declaration: string): number {
  const { base, args }: ClickhouseType = parseClickhouseType(declaration)
  return base === 'DateTime64' ? Number(args[0] ?? 3) : 0
}

function enumLabel(item: string): string {
  const quoted = /^'((?:[^'\\]|\\[\s\S])*)'/.exec(item)?.[1] ?? ''
  return quoted.replace(/\\([\s\S])/g, '$1')
}

const json: LogicalType = { kind: 'json' }

/** For the documentation. */
export const typeMappings: readonly TypeMapping[] = [
  { source: 'Int8 … Int64, UInt8 … UInt64', type: { kind: 'integer', bits: 64, unsigned: false } },
  { source: 'Int128, Int256, UInt128, UInt256', type: { kind: 'decimal', precision: 39, scale: 0 } },
  { source: 'Decimal(P, S)', type: { kind: 'decimal', precision: 76, scale: 10 }, remark: 'All S digits are written.' },
  { source: 'Float32, Float64, BFloat16', type: { kind: 'float', bits: 64 } },
  { source: 'Bool', type: { kind: 'boolean' } },
  { source: 'String, IPv4, IPv6, Time, Interval', type: { kind: 'text' } },
  { source: 'FixedString(N)', type: { kind: 'binary' }, remark: 'Its N bytes; toString in a query makes text of it.' },
  { source: 'Date, Date32', type: { kind: 'date' } },
  {
    source: 'DateTime, DateTime64(P)',
    type: { kind: 'timestamp', utc: false },
    remark: 'Read and written as UTC. Digits beyond microseconds are cut and counted.',
  },
  { source: "DateTime('…'), DateTime64(P, '…')", type: { kind: 'timestamp', utc: true } },
  { source: 'UUID', type: { kind: 'uuid' } },
  { source: 'Enum8, Enum16', type: { kind: 'enum', labels: [] } },
  { source: 'Array(T)', type: { kind: 'list', element: { kind: 'text' } } },
  { source: 'Array(Array(T)), Map, Tuple, Nested, JSON, Variant, Dynamic', type: json, remark: 'As JSON text.' },
]
