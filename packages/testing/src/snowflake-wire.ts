import type { DuckDBDecimalType, DuckDBType, DuckDBValue } from '@duckdb/node-api'
import { DuckDBTypeId } from '@duckdb/node-api/lib/DuckDBTypeId.js'

/** How Snowflake describes a column of such a type. */
export function wireType(name: string, type: DuckDBType): object {
  const more = { nullable: true, byteLength: null, length: null }
  const fixed = (precision: number, scale = 0) => ({ name, type: 'fixed', precision, scale, ...more })
  const plain = (kind: string, scale: number | null = null) => ({ name, type: kind, precision: null, scale, ...more })
  switch (type.typeId) {
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
      return fixed(9)
    case DuckDBTypeId.BIGINT:
      return fixed(18)
    case DuckDBTypeId.HUGEINT:
      return fixed(38)
    case DuckDBTypeId.DECIMAL:
      return fixed((type as DuckDBDecimalType).width, (type as DuckDBDecimalType).scale)
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
      return plain('real')
    case DuckDBTypeId.BOOLEAN:
      return plain('boolean')
    case DuckDBTypeId.BLOB:
      return plain('binary')
    case DuckDBTypeId.DATE:
      return plain('date')
    case DuckDBTypeId.TIME:
      return plain('time', 9)
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_NS:
      return plain('timestamp_ntz', 9)
    case DuckDBTypeId.TIMESTAMP_TZ:
      return plain('timestamp_ltz', 9)
    case DuckDBTypeId.LIST:
      return plain('array')
    case DuckDBTypeId.STRUCT:
      return plain('object')
    default:
      return plain(type.alias === 'JSON' ? 'variant' : 'text')
  }
}

/** A value as a result of the protocol has it. */
export function wireText(value: DuckDBValue): string | null {
  return value === null ? null : String(value)
}

/** A field of an unloaded file: text in quotes, NULL as nothing. */
export function csvField(value: string | null): string {
  return value === null ? '' : `"${value.replaceAll('"', '""')}"`
}
