import type { DuckDBArrayType, DuckDBDecimalType, DuckDBEnumType, DuckDBListType, DuckDBType } from '@duckdb/node-api'
import type { LogicalType } from '@millrace/formats'
import type { TypeMapping } from '../kit/connector.ts'

// Numbers of DuckDBTypeId, written down here so that reading a type does not import the driver.
const integers: Readonly<Record<number, { bits: 8 | 16 | 32 | 64; unsigned: boolean }>> = {
  2: { bits: 8, unsigned: false },
  3: { bits: 16, unsigned: false },
  4: { bits: 32, unsigned: false },
  5: { bits: 64, unsigned: false },
  6: { bits: 8, unsigned: true },
  7: { bits: 16, unsigned: true },
  8: { bits: 32, unsigned: true },
  9: { bits: 64, unsigned: true },
}

const simple: Readonly<Record<number, LogicalType>> = {
  1: { kind: 'boolean' },
  10: { kind: 'float', bits: 32 },
  11: { kind: 'float', bits: 64 },
  12: { kind: 'timestamp', utc: false },
  13: { kind: 'date' },
  14: { kind: 'time' },
  15: { kind: 'interval' },
  // A HUGEINT has up to 39 digits; 38 is what other systems hold as a number, and what sums of integers stay below.
  16: { kind: 'decimal', precision: 38, scale: 0 },
  18: { kind: 'binary' },
  20: { kind: 'timestamp', utc: false },
  21: { kind: 'timestamp', utc: false },
  22: { kind: 'timestamp', utc: false },
  25: { kind: 'json' },
  26: { kind: 'json' },
  27: { kind: 'uuid' },
  28: { kind: 'json' },
  31: { kind: 'timestamp', utc: true },
  32: { kind: 'decimal', precision: 38, scale: 0 },
  35: { kind: 'decimal', precision: null, scale: null },
  39: { kind: 'time' },
}

/** Names of the numbers above, for the documentation. */
const documentedNames: Readonly<Record<string, number>> = {
  BOOLEAN: 1,
  FLOAT: 10,
  DOUBLE: 11,
  TIMESTAMP: 12,
  DATE: 13,
  TIME: 14,
  INTERVAL: 15,
  HUGEINT: 16,
  BLOB: 18,
  'STRUCT, MAP, UNION': 25,
  UUID: 27,
  'TIMESTAMP WITH TIME ZONE': 31,
  UHUGEINT: 32,
}

/** For the documentation. */
export const documentedTypes: readonly TypeMapping[] = [
  ...Object.values(integers).map(({ bits, unsigned }) => ({
    source: `${unsigned ? 'U' : ''}${{ 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[bits]}`,
    type: { kind: 'integer', bits, unsigned } as const,
  })),
  ...Object.entries(documentedNames).map(([source, number]) => ({ source, type: simple[number] ?? { kind: 'text' } })),
  { source: 'DECIMAL(10,2)', type: { kind: 'decimal', precision: 10, scale: 2 } },
  { source: 'VARCHAR', type: { kind: 'text' } },
  { source: 'ENUM', type: { kind: 'enum', labels: [] } },
  { source: 'INTEGER[]', type: { kind: 'list', element: { kind: 'integer', bits: 32, unsigned: false } } },
  { source: 'any other', type: { kind: 'text' }, remark: 'As DuckDB prints it.' },
]

/** A type that has no codec (BIT, TIME WITH TIME ZONE, GEOMETRY) travels as its text. */
export function logicalType(type: DuckDBType): LogicalType {
  const integer = integers[type.typeId]
  if (integer) return { kind: 'integer', ...integer }
  if (type.typeId === 17) return type.alias === 'JSON' ? { kind: 'json' } : { kind: 'text' }
  if (type.typeId === 19) {
    const { width, scale } = type as DuckDBDecimalType
    return { kind: 'decimal', precision: width, scale }
  }
  if (type.typeId === 23) return { kind: 'enum', labels: (type as DuckDBEnumType).values }
  if (type.typeId === 24 || type.typeId === 33) {
    const element = logicalType((type as DuckDBListType | DuckDBArrayType).valueType)
    // Lists of lists may be ragged and lists of documents have no array literal: they are documents.
    return element.kind === 'list' || element.kind === 'json' ? { kind: 'json' } : { kind: 'list', element }
  }
  return simple[type.typeId] ?? { kind: 'text' }
}

/** The type that holds every value of a logical type, or text where DuckDB has none. */
export function duckdbType(type: LogicalType): string {
  switch (type.kind) {
    case 'boolean':
      return 'BOOLEAN'
    case 'integer': {
      const name = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[type.bits]
      return type.unsigned ? `U${name}` : name
    }
    case 'decimal':
      return type.precision !== null && type.precision <= 38
        ? `DECIMAL(${type.precision},${type.scale ?? 0})`
        : 'VARCHAR'
    case 'float':
      return type.bits === 32 ? 'FLOAT' : 'DOUBLE'
    case 'binary':
      return 'BLOB'
    case 'date':
      return 'DATE'
    case 'time':
      return 'TIME'
    case 'timestamp':
      return type.utc ? 'TIMESTAMP WITH TIME ZONE' : 'TIMESTAMP'
    case 'interval':
    case 'duration':
      return 'INTERVAL'
    case 'uuid':
      return 'UUID'
    case 'json':
      return 'JSON'
    case 'list':
      return `${duckdbType(type.element)}[]`
    case 'text':
    case 'enum':
      return 'VARCHAR'
  }
}
