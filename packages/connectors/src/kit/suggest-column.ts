import type { Column, LogicalType } from '@millrace/formats'
import type { SuggestedColumn } from './connector.ts'

/** The ClickHouse column that keeps a column's values; a remark says where only their text does. */
export function suggestColumn({ name, type, nullable, sourceType }: Column): SuggestedColumn {
  const { type: base, remark } = clickhouseType(type)
  // ClickHouse has no NULL for a whole array.
  const wrapped = nullable && type.kind !== 'list' ? `Nullable(${base})` : base
  return {
    name,
    srcType: { name: sourceType, null: nullable },
    chType: { name: wrapped, baseName: base.split('(')[0] ?? base, null: nullable && type.kind !== 'list' },
    ...(remark === undefined ? {} : { remark }),
  }
}

function clickhouseType(type: LogicalType): { type: string; remark?: string } {
  switch (type.kind) {
    case 'boolean':
      return { type: 'Bool' }
    case 'integer':
      return { type: `${type.unsigned ? 'U' : ''}Int${type.bits}` }
    case 'decimal': {
      if (type.precision === null) {
        return { type: 'String', remark: 'A number without a fixed number of digits, kept as text.' }
      }
      // numeric(5,-2) has two more digits than it declares; numeric(3,5) has two zeros after its point.
      const scale = Math.max(type.scale ?? 0, 0)
      const precision = Math.max(type.precision - Math.min(type.scale ?? 0, 0), scale)
      if (precision > 76) return { type: 'String', remark: 'A number of too many digits, kept as text.' }
      return { type: `Decimal(${precision}, ${scale})` }
    }
    case 'float':
      return { type: `Float${type.bits}` }
    case 'date':
      return { type: 'Date32', remark: 'Date32 holds 1900 to 2299.' }
    case 'timestamp':
      return { type: type.utc ? "DateTime64(6, 'UTC')" : 'DateTime64(6)', remark: 'DateTime64 holds 1900 to 2299.' }
    case 'uuid':
      return { type: 'UUID' }
    case 'list': {
      const element = clickhouseType(type.element)
      return { type: `Array(${element.type})`, ...(element.remark === undefined ? {} : { remark: element.remark }) }
    }
    case 'text':
    case 'enum':
    case 'json':
      return { type: 'String' }
    case 'binary':
      return { type: 'String', remark: 'Bytes, kept as text in the form \\x and hexadecimal digits.' }
    case 'time':
    case 'interval':
    case 'duration':
      return { type: 'String', remark: `A ${type.kind}, kept as text.` }
  }
}
