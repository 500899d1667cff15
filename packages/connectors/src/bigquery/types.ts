import type { Column, LogicalType } from '@millrace/formats'
import type { TypeMapping } from '../kit/connector.ts'
import { suggestion } from './suggested-type.ts'

/** A column as the API describes it. */
export interface Field {
  readonly name: string
  readonly type: string
  readonly mode?: string
  readonly precision?: string
  readonly scale?: string
  readonly maxLength?: string
  readonly fields?: readonly Field[]
}

const integer: LogicalType = { kind: 'integer', bits: 64, unsigned: false }
const float: LogicalType = { kind: 'float', bits: 64 }
const boolean: LogicalType = { kind: 'boolean' }
const text: LogicalType = { kind: 'text' }
const json: LogicalType = { kind: 'json' }

/** Names as the API has them, old and new. */
const scalars: Readonly<Record<string, LogicalType>> = {
  STRING: text,
  BYTES: { kind: 'binary' },
  INTEGER: integer,
  INT64: integer,
  FLOAT: float,
  FLOAT64: float,
  BOOLEAN: boolean,
  BOOL: boolean,
  TIMESTAMP: { kind: 'timestamp', utc: true },
  DATETIME: { kind: 'timestamp', utc: false },
  DATE: { kind: 'date' },
  TIME: { kind: 'time' },
  INTERVAL: { kind: 'interval' },
  GEOGRAPHY: text,
  JSON: json,
  RECORD: json,
  STRUCT: json,
}

export const typeMappings: readonly TypeMapping[] = [
  ...Object.entries(scalars)
    .filter(([name]) => !['INT64', 'FLOAT64', 'BOOL', 'STRUCT', 'RECORD'].includes(name))
    .map(([source, type]) => {
      const [suggested, remark] = suggestion(source)
      return { source, type, suggested, ...(remark ? { remark } : {}) }
    }),
  { source: 'NUMERIC', type: { kind: 'decimal', precision: 38, scale: 9 }, suggested: 'String' },
  {
    source: 'NUMERIC(p,s)',
    type: { kind: 'decimal', precision: 38, scale: 9 },
    suggested: 'String',
    remark: 'With its own digits.',
  },
  { source: 'BIGNUMERIC', type: { kind: 'decimal', precision: null, scale: null }, suggested: 'String' },
  { source: 'RECORD', type: json, remark: 'An object, with its fields in order.' },
  {
    source: 'REPEATED',
    type: { kind: 'list', element: text },
    suggested: 'String',
    remark: 'A list of its elements; of INTEGER and FLOAT it is suggested as an array.',
  },
  { source: 'REPEATED RECORD', type: json, remark: 'A list of objects.' },
]

export function toColumn(field: Field): Column {
  const repeated = field.mode === 'REPEATED'
  return {
    name: field.name,
    type: repeated ? listOf(scalarType(field)) : scalarType(field),
    // An array is never NULL: it is stored as an empty one.
    nullable: !repeated && field.mode !== 'REQUIRED',
    sourceType: declaration(field),
  }
}

function listOf(element: LogicalType): LogicalType {
  return element.kind === 'json' ? json : { kind: 'list', element }
}

export function scalarType(field: Field): LogicalType {
  if (field.type === 'NUMERIC') {
    const { precision, scale } = field
    if (precision === undefined) return { kind: 'decimal', precision: 38, scale: 9 }
    return { kind: 'decimal', precision: Number(precision), scale: Number(scale ?? 0) }
  }
  if (field.type === 'BIGNUMERIC') {
    const { precision, scale } = field
    if (precision === undefined) return { kind: 'decimal', precision: null, scale: null }
    return { kind: 'decimal', precision: Number(precision), scale: Number(scale ?? 0) }
  }
  return scalars[field.type] ?? text
}

function declaration({ type, mode, precision, scale, maxLength, fields }: Field): string {
  const size = precision ? `(${precision}${scale ? `,${scale}` : ''})` : maxLength ? `(${maxLength})` : ''
  const inner = fields ? `<${fields.map((field) => `${field.name} ${declaration(field)}`).join(', ')}>` : ''
  return `${mode === 'REPEATED' ? 'REPEATED ' : ''}${type}${size}${inner}`
}
