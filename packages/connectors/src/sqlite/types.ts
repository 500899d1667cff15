import type { Column, LogicalType } from '@millrace/formats'
import type { TypeMapping } from '../kit/connector.ts'

/*
 * SQLite keeps values, not types: a column's declared type only says, by parts of its name, what is
 * converted on the way in. The names below say what a column means and make sure that nothing is
 * converted that would change: DECIMAL_TEXT(10,2) holds the characters 1.10, where DECIMAL(10,2)
 * would hold the double 1.1.
 */
export function declaredType(column: Column, sourceDialect: string): string {
  return sourceDialect === 'sqlite' && column.sourceType !== '' ? column.sourceType : declare(column.type)
}

function declare(type: LogicalType): string {
  switch (type.kind) {
    case 'boolean':
      return 'BOOLEAN'
    case 'integer':
      // The largest unsigned integers have no place in SQLite's signed 64 bits.
      return type.unsigned && type.bits === 64 ? 'DECIMAL_TEXT(20,0)' : 'INTEGER'
    case 'decimal':
      return type.precision === null ? 'DECIMAL_TEXT' : `DECIMAL_TEXT(${type.precision},${type.scale ?? 0})`
    case 'float':
      return type.bits === 32 ? 'FLOAT32' : 'REAL'
    case 'binary':
      return 'BLOB'
    case 'date':
      return 'DATE'
    case 'time':
      return 'TIME'
    case 'timestamp':
      return type.utc ? 'TIMESTAMPTZ' : 'TIMESTAMP'
    case 'interval':
      return 'INTERVAL'
    case 'duration':
      return 'DURATION'
    case 'uuid':
      return 'UUID'
    case 'json':
      return 'JSON_TEXT'
    case 'list':
      return 'LIST_TEXT'
    case 'text':
    case 'enum':
      return 'TEXT'
  }
}

/** What a declared type means; null when it says nothing. */
export function logicalType(declared: string): LogicalType | null {
  const name = declared.trim().toUpperCase()
  const base = name.replace(/\s*\(.*$/, '')
  const decimal = /^DECIMAL_TEXT(?:\((\d+),\s*(\d+)\))?$/.exec(name)
  if (decimal) {
    return decimal[1] === undefined
      ? { kind: 'decimal', precision: null, scale: null }
      : { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) }
  }
  switch (base) {
    case '':
      return null
    case 'BOOLEAN':
    case 'BOOL':
      return { kind: 'boolean' }
    case 'DATE':
      return { kind: 'date' }
    case 'TIME':
      return { kind: 'time' }
    case 'DATETIME':
    case 'TIMESTAMP':
      return { kind: 'timestamp', utc: false }
    case 'TIMESTAMPTZ':
    case 'TIMESTAMP WITH TIME ZONE':
      return { kind: 'timestamp', utc: true }
    case 'INTERVAL':
      return { kind: 'interval' }
    case 'DURATION':
      return { kind: 'duration' }
    case 'UUID':
      return { kind: 'uuid' }
    case 'JSON':
    case 'JSONB':
    case 'JSON_TEXT':
      return { kind: 'json' }
    case 'FLOAT32':
      return { kind: 'float', bits: 32 }
  }
  // SQLite's own rules, in their order.
  if (base.includes('INT')) return { kind: 'integer', bits: 64, unsigned: false }
  if (/CHAR|CLOB|TEXT/.test(base)) return { kind: 'text' }
  if (base.includes('BLOB')) return { kind: 'binary' }
  if (/REAL|FLOA|DOUB/.test(base)) return { kind: 'float', bits: 64 }
  // A DECIMAL keeps no trailing zeros here, so its declared scale says nothing about its values.
  if (/DEC|NUM|MONEY/.test(base)) return { kind: 'decimal', precision: null, scale: null }
  return { kind: 'text' }
}

/** For the documentation. */
export const documentedTypes: readonly TypeMapping[] = [
  'INTEGER',
  'REAL',
  'TEXT, VARCHAR',
  'BLOB',
  'NUMERIC, DECIMAL(10,2)',
  'DECIMAL_TEXT(10,2)',
  'BOOLEAN',
  'DATE',
  'TIME',
  'DATETIME',
  'TIMESTAMPTZ',
  'UUID',
  'JSON',
].map((source) => ({ source, type: logicalType(source) ?? { kind: 'text' } }))
