import type {
  DuckDBBlobValue,
  DuckDBDecimalType,
  DuckDBIntervalValue,
  DuckDBListType,
  DuckDBListValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBType,
  DuckDBValue,
} from '@duckdb/node-api'
import { DuckDBTypeId } from '@duckdb/node-api/lib/DuckDBTypeId.js'

export interface BigqueryField {
  readonly name: string
  readonly type: string
  readonly mode?: string
  readonly precision?: string
  readonly scale?: string
  readonly fields?: readonly BigqueryField[]
}

const names: Readonly<Record<number, string>> = {
  [DuckDBTypeId.BOOLEAN]: 'BOOLEAN',
  [DuckDBTypeId.TINYINT]: 'INTEGER',
  [DuckDBTypeId.SMALLINT]: 'INTEGER',
  [DuckDBTypeId.INTEGER]: 'INTEGER',
  [DuckDBTypeId.BIGINT]: 'INTEGER',
  [DuckDBTypeId.HUGEINT]: 'INTEGER',
  [DuckDBTypeId.FLOAT]: 'FLOAT',
  [DuckDBTypeId.DOUBLE]: 'FLOAT',
  [DuckDBTypeId.BLOB]: 'BYTES',
  [DuckDBTypeId.DATE]: 'DATE',
  [DuckDBTypeId.TIME]: 'TIME',
  [DuckDBTypeId.TIMESTAMP]: 'DATETIME',
  [DuckDBTypeId.TIMESTAMP_TZ]: 'TIMESTAMP',
  [DuckDBTypeId.INTERVAL]: 'INTERVAL',
}

/** How BigQuery describes a column of such a type. */
export function fieldOf(name: string, type: DuckDBType): BigqueryField {
  if (type.typeId === DuckDBTypeId.LIST) {
    return { ...fieldOf(name, (type as DuckDBListType).valueType), mode: 'REPEATED' }
  }
  if (type.typeId === DuckDBTypeId.STRUCT) {
    const { entryNames, entryTypes } = type as DuckDBStructType
    const fields = entryTypes.map((entry, index) => fieldOf(entryNames[index] ?? '', entry))
    return { name, type: 'RECORD', mode: 'NULLABLE', fields }
  }
  if (type.typeId === DuckDBTypeId.DECIMAL) {
    const { width, scale } = type as DuckDBDecimalType
    const size = width === 38 && scale === 9 ? {} : { precision: String(width), scale: String(scale) }
    return { name, type: 'NUMERIC', mode: 'NULLABLE', ...size }
  }
  const json = type.typeId === DuckDBTypeId.VARCHAR && type.alias === 'JSON'
  return { name, type: json ? 'JSON' : (names[type.typeId] ?? 'STRING'), mode: 'NULLABLE' }
}

/** A value as the REST API has it, with timestamps as microseconds. */
export function wireValue(value: DuckDBValue, field: BigqueryField): unknown {
  if (field.mode === 'REPEATED') {
    const element = { ...field, mode: 'NULLABLE' }
    const items = value === null ? [] : (value as DuckDBListValue).items
    return items.map((item) => ({ v: wireValue(item, element) }))
  }
  if (value === null) return null
  if (field.fields) {
    const { entries } = value as DuckDBStructValue
    return { f: field.fields.map((inner) => ({ v: wireValue(entries[inner.name] ?? null, inner) })) }
  }
  switch (field.type) {
    case 'BYTES':
      return Buffer.from((value as DuckDBBlobValue).bytes).toString('base64')
    case 'TIMESTAMP':
      return String((value as { readonly micros: bigint }).micros)
    case 'DATETIME':
      return String(value).replace(' ', 'T')
    case 'NUMERIC':
      return String(value).includes('.') ? String(value).replace(/\.?0+$/, '') : String(value)
    case 'INTERVAL':
      return intervalText(value as DuckDBIntervalValue)
    default:
      return String(value)
  }
}

function intervalText({ months, days, micros }: DuckDBIntervalValue): string {
  const sign = (negative: boolean) => (negative ? '-' : '')
  const size = Math.abs(months)
  const total = micros < 0n ? -micros : micros
  const seconds = total / 1_000_000n
  const fraction = total % 1_000_000n === 0n ? '' : `.${String(total % 1_000_000n).padStart(6, '0')}`
  const time = `${seconds / 3600n}:${(seconds / 60n) % 60n}:${seconds % 60n}${fraction}`
  return `${sign(months < 0)}${Math.floor(size / 12)}-${size % 12} ${days} ${sign(micros < 0n)}${time}`
}
