import type { LogicalType } from '@millrace/formats'

/** As people read it: `integer(64)`, `decimal(10,2)`, `timestamp (UTC)`, `list of text`. */
export function logicalTypeText(type: LogicalType): string {
  switch (type.kind) {
    case 'integer':
      return `${type.unsigned ? 'unsigned ' : ''}integer(${type.bits})`
    case 'float':
      return `float(${type.bits})`
    case 'decimal':
      return type.precision === null ? 'decimal' : `decimal(${type.precision},${type.scale ?? 0})`
    case 'timestamp':
      return type.utc ? 'timestamp (UTC)' : 'timestamp'
    case 'list':
      return `list of ${logicalTypeText(type.element)}`
    default:
      return type.kind
  }
}
