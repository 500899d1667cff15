import { type Column, canonicalFloatText, type LogicalType } from '@millrace/formats'
import type { TypeMapping } from '../kit/connector.ts'
import { quoteName } from './sql-text.ts'

/** What a type's name means, the numbers in its parentheses left out. */
const simple: Readonly<Record<string, LogicalType>> = {
  tinyint: { kind: 'integer', bits: 8, unsigned: true },
  smallint: { kind: 'integer', bits: 16, unsigned: false },
  int: { kind: 'integer', bits: 32, unsigned: false },
  bigint: { kind: 'integer', bits: 64, unsigned: false },
  bit: { kind: 'boolean' },
  money: { kind: 'decimal', precision: 19, scale: 4 },
  smallmoney: { kind: 'decimal', precision: 10, scale: 4 },
  real: { kind: 'float', bits: 32 },
  float: { kind: 'float', bits: 64 },
  date: { kind: 'date' },
  time: { kind: 'time' },
  datetime: { kind: 'timestamp', utc: false },
  smalldatetime: { kind: 'timestamp', utc: false },
  datetime2: { kind: 'timestamp', utc: false },
  datetimeoffset: { kind: 'timestamp', utc: true },
  uniqueidentifier: { kind: 'uuid' },
  binary: { kind: 'binary' },
  varbinary: { kind: 'binary' },
  image: { kind: 'binary' },
  timestamp: { kind: 'binary' },
  rowversion: { kind: 'binary' },
}

export function typeName(declaration: string): string {
  return /^[^(]*/.exec(declaration)?.[0].trim().toLowerCase() ?? ''
}

/** A type without an own codec (xml, sql_variant, hierarchyid, geography) travels as its text. */
export function logicalType(declaration: string): LogicalType {
  const name = typeName(declaration)
  if (name === 'decimal' || name === 'numeric') {
    const [precision = 18, scale = 0] = [...declaration.matchAll(/\d+/g)].map(([digits]) => Number(digits))
    return { kind: 'decimal', precision, scale }
  }
  return simple[name] ?? { kind: 'text' }
}

/**
 * How a column is read. The driver's own values are exact for integers, bits, floats and text; of all
 * others the server makes the text.
 */
export function readExpression({ name, sourceType }: Pick<Column, 'name' | 'sourceType'>): string {
  const column = quoteName(name)
  switch (typeName(sourceType)) {
    case 'decimal':
    case 'numeric':
      return `CONVERT(varchar(60), ${column})`
    case 'money':
    case 'smallmoney':
      // Style 2 keeps all four digits.
      return `CONVERT(varchar(60), ${column}, 2)`
    case 'date':
      return `CONVERT(varchar(60), ${column}, 23)`
    case 'time':
    case 'datetime2':
      return `CONVERT(varchar(60), ${column}, 121)`
    case 'datetime':
    case 'smalldatetime':
      // As a finer type: it prints what is stored, in thirds of a hundredth of a second.
      return `CONVERT(varchar(60), CONVERT(datetime2(3), ${column}), 121)`
    case 'datetimeoffset':
      return `CONVERT(varchar(60), SWITCHOFFSET(${column}, '+00:00'), 121)`
    case 'uniqueidentifier':
      return `CONVERT(varchar(60), ${column})`
    case 'binary':
    case 'varbinary':
    case 'image':
    case 'timestamp':
    case 'rowversion':
      return `CONVERT(varchar(max), CONVERT(varbinary(max), ${column}), 2)`
    case 'xml':
    case 'sql_variant':
      return `CONVERT(nvarchar(max), ${column})`
    case 'hierarchyid':
    case 'geography':
    case 'geometry':
      return `${column}.ToString()`
    default:
      return column
  }
}

/** The canonical text of a value as the driver gives it, of a column that was read by `readExpression`. */
export function cellText({ type, sourceType }: Column): (value: unknown) => string {
  const name = typeName(sourceType)
  switch (type.kind) {
    case 'boolean':
      return (value) => (value === true || value === 1 ? 't' : 'f')
    case 'float':
      return (value) => canonicalFloatText(Number(value), type.bits)
    case 'binary':
      return (value) => `\\x${String(value).toLowerCase()}`
    case 'uuid':
      return (value) => String(value).toLowerCase()
    case 'time':
      return (value) => microseconds(String(value))
    case 'timestamp':
      return type.utc
        ? (value) => `${microseconds(String(value).replace(/ ?[+-]00:00$/, ''))}+00`
        : (value) => microseconds(String(value))
    default:
      return name === 'decimal' || name === 'numeric' || name.endsWith('money')
        ? (value) => String(value).replace(/^(-?)\./, '$10.')
        : String
  }
}

/** Without the seventh digit, and without zeros at the end. */
function microseconds(text: string): string {
  return text
    .replace(/(\.\d{6})\d+$/, '$1')
    .replace(/\.?0+$/, (zeros) => (zeros.startsWith('.') || text.includes('.') ? '' : zeros))
}

/** Whether a type may have a seventh digit after the second, which canonical text cuts. */
export function hasSevenDigits(declaration: string): boolean {
  return /^(time|datetime2|datetimeoffset)(\(7\))?$/i.test(declaration.trim())
}

const text: LogicalType = { kind: 'text' }
const of = (source: string, remark?: string): TypeMapping => ({
  source,
  type: logicalType(source),
  ...(remark === undefined ? {} : { remark }),
})

/** For the documentation. */
export const typeMappings: readonly TypeMapping[] = [
  ...[
    'tinyint',
    'smallint',
    'int',
    'bigint',
    'bit',
    'decimal(38,10)',
    'money',
    'smallmoney',
    'real',
    'float',
    'date',
  ].map((name) => of(name)),
  of('time', 'The seventh digit of a second is cut and counted.'),
  of('datetime2', 'The seventh digit of a second is cut and counted.'),
  of('datetime'),
  of('smalldatetime'),
  of('datetimeoffset', 'As an instant in UTC; the offset is not kept.'),
  of('uniqueidentifier'),
  of('binary'),
  of('varbinary'),
  of('rowversion'),
  { source: 'char, varchar, nchar, nvarchar, text, ntext', type: text },
  {
    source: 'xml, sql_variant, hierarchyid, geography, geometry',
    type: text,
    remark: 'As the text that the server makes of them.',
  },
]
