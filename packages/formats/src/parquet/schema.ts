import type { Column, LogicalType } from '../logical-type.ts'
import { type PhysicalType, physicalType } from './physical.ts'
import type { ThriftWriter } from './thrift-compact.ts'

/** How the values of a leaf compare, which decides its statistics; `none` has no order worth stating. */
export type ValueOrder =
  | 'boolean'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'float'
  | 'double'
  | 'text'
  | 'bytes'
  | 'decimal'
  | 'none'

/** What is stored of one column: its values' physical form, and where they stand in the schema. */
export interface Leaf {
  readonly column: Column
  /** The type of the values: the element of a list, else the column's own. */
  readonly type: LogicalType
  readonly list: boolean
  readonly path: readonly string[]
  readonly physical: PhysicalType
  /** Bytes of one value; 0 where the length varies. */
  readonly width: 0 | 1 | 4 | 8 | 16
  readonly order: ValueOrder
}

/** Precision and scale of the Parquet DECIMAL, or null where no DECIMAL can hold the declared type. */
export function decimalShape(type: LogicalType & { kind: 'decimal' }): { precision: number; scale: number } | null {
  if (type.precision === null) return null
  const declaredScale = type.scale ?? 0
  const scale = Math.max(declaredScale, 0)
  // numeric(5,-2) has two more digits than it declares; numeric(3,5) has two zeros after its point.
  const precision = Math.max(declaredScale < 0 ? type.precision - declaredScale : type.precision, scale, 1)
  return precision > 38 ? null : { precision, scale }
}

/** The columns' physical layout. Every column is OPTIONAL: a policy may store NULL where the source allowed none. */
export function parquetSchema(columns: readonly Column[]): Leaf[] {
  return columns.map((column) => {
    const list = column.type.kind === 'list'
    const type = column.type.kind === 'list' ? column.type.element : column.type
    // A list of lists has no fixed depth in PostgreSQL; its elements keep their text.
    const stored: LogicalType = list && type.kind === 'list' ? { kind: 'text' } : type
    const path = list ? [column.name, 'list', 'element'] : [column.name]
    return { column, type: stored, list, path, ...physicalOf(stored), ...(list ? { order: 'none' as const } : {}) }
  })
}

function physicalOf(type: LogicalType): Pick<Leaf, 'physical' | 'width' | 'order'> {
  const text = { physical: physicalType.byteArray, width: 0, order: 'text' } as const
  switch (type.kind) {
    case 'boolean':
      return { physical: physicalType.boolean, width: 1, order: 'boolean' }
    case 'integer':
      if (type.bits === 64) return { physical: physicalType.int64, width: 8, order: type.unsigned ? 'uint64' : 'int64' }
      return { physical: physicalType.int32, width: 4, order: type.unsigned ? 'uint32' : 'int32' }
    case 'decimal': {
      const shape = decimalShape(type)
      if (!shape) return text
      if (shape.precision <= 9) return { physical: physicalType.int32, width: 4, order: 'int32' }
      if (shape.precision <= 18) return { physical: physicalType.int64, width: 8, order: 'int64' }
      return { physical: physicalType.fixed, width: 16, order: 'decimal' }
    }
    case 'float':
      return type.bits === 32
        ? { physical: physicalType.float, width: 4, order: 'float' }
        : { physical: physicalType.double, width: 8, order: 'double' }
    case 'date':
      return { physical: physicalType.int32, width: 4, order: 'int32' }
    case 'time':
    case 'timestamp':
    case 'duration':
      return { physical: physicalType.int64, width: 8, order: 'int64' }
    case 'uuid':
      return { physical: physicalType.fixed, width: 16, order: 'bytes' }
    case 'binary':
      return { physical: physicalType.byteArray, width: 0, order: 'bytes' }
    case 'json':
      return { ...text, order: 'none' }
    default:
      return text
  }
}

const repetition = { required: 0, optional: 1, repeated: 2 } as const
const converted = {
  utf8: 0,
  list: 3,
  decimal: 5,
  date: 6,
  timestampMicros: 10,
  unsigned: { 8: 11, 16: 12, 32: 13, 64: 14 },
  signed: { 8: 15, 16: 16, 32: 17, 64: 18 },
  json: 19,
} as const

/** Writes FileMetaData.schema. */
export function writeSchema(writer: ThriftWriter, leaves: readonly Leaf[]): void {
  const elements: ((element: ThriftWriter) => void)[] = [
    (element) => {
      element.string(4, 'millrace')
      element.i32(5, leaves.length)
    },
  ]
  for (const leaf of leaves) {
    if (leaf.list) {
      elements.push((element) => {
        element.i32(3, repetition.optional)
        element.string(4, leaf.column.name)
        element.i32(5, 1)
        element.i32(6, converted.list)
        element.struct(10, (logical) => logical.struct(3, nothing))
      })
      elements.push((element) => {
        element.i32(3, repetition.repeated)
        element.string(4, 'list')
        element.i32(5, 1)
      })
    }
    elements.push((element) => writeLeaf(element, leaf, leaf.list ? 'element' : leaf.column.name))
  }
  writer.structList(2, elements, (element, write) => write(element))
}

const nothing = () => {}

function writeLeaf(element: ThriftWriter, leaf: Leaf, name: string): void {
  const { type } = leaf
  element.i32(1, leaf.physical)
  if (leaf.physical === physicalType.fixed) element.i32(2, leaf.width)
  element.i32(3, repetition.optional)
  element.string(4, name)
  const micros = (utc: boolean) => (time: ThriftWriter) => {
    time.bool(1, utc)
    time.struct(2, (unit) => unit.struct(2, nothing))
  }
  switch (type.kind) {
    case 'boolean':
    case 'float':
    case 'binary':
    case 'duration':
      return
    case 'integer':
      element.i32(6, (type.unsigned ? converted.unsigned : converted.signed)[type.bits])
      element.struct(10, (logical) =>
        logical.struct(10, (integer) => {
          integer.i8(1, type.bits)
          integer.bool(2, !type.unsigned)
        }),
      )
      return
    case 'decimal': {
      const shape = decimalShape(type)
      if (!shape) {
        text(element)
        return
      }
      element.i32(6, converted.decimal)
      element.i32(7, shape.scale)
      element.i32(8, shape.precision)
      element.struct(10, (logical) =>
        logical.struct(5, (decimal) => {
          decimal.i32(1, shape.scale)
          decimal.i32(2, shape.precision)
        }),
      )
      return
    }
    case 'date':
      element.i32(6, converted.date)
      element.struct(10, (logical) => logical.struct(6, nothing))
      return
    case 'time':
      // No converted type: the old ones mean UTC, and this is a wall clock.
      element.struct(10, (logical) => logical.struct(7, micros(false)))
      return
    case 'timestamp':
      if (type.utc) element.i32(6, converted.timestampMicros)
      element.struct(10, (logical) => logical.struct(8, micros(type.utc)))
      return
    case 'uuid':
      element.struct(10, (logical) => logical.struct(14, nothing))
      return
    case 'json':
      element.i32(6, converted.json)
      element.struct(10, (logical) => logical.struct(12, nothing))
      return
    // An enum is text too: Arrow reads Parquet's ENUM as bytes. The labels stand in the metadata.
    default:
      text(element)
  }
}

function text(element: ThriftWriter): void {
  element.i32(6, converted.utf8)
  element.struct(10, (logical) => logical.struct(1, nothing))
}
