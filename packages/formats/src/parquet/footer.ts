import type { Column } from '../logical-type.ts'
import type { ColumnChunkIndex, RowGroupIndex } from '../piece.ts'
import { parquetSchema, writeSchema } from './schema.ts'
import { ThriftWriter } from './thrift-compact.ts'

/** `PAR1`: the first four bytes of a Parquet file, and the last. */
export const parquetMagic: Uint8Array = Buffer.from('PAR1')

/** Key of the file metadata under which the columns' own types stand as JSON (`Column[]`). */
export const columnsMetadataKey = 'millrace.columns'

export interface PlacedRowGroup {
  readonly index: RowGroupIndex
  /** Where the row group's first byte stands in the file; 4 for one that follows the magic. */
  readonly offset: number
}

/** Everything after the last row group: metadata, its length and the closing magic. */
export function parquetFooter(columns: readonly Column[], rowGroups: readonly PlacedRowGroup[]): Uint8Array {
  const leaves = parquetSchema(columns)
  const writer = new ThriftWriter()
  writer.i32(1, 2)
  writeSchema(writer, leaves)
  writer.i64(
    3,
    rowGroups.reduce((sum, group) => sum + group.index.rows, 0),
  )
  writer.structList(4, rowGroups, writeRowGroup)
  const metadata = [{ key: columnsMetadataKey, value: JSON.stringify(columns) }]
  writer.structList(5, metadata, (pair, { key, value }) => {
    pair.string(1, key)
    pair.string(2, value)
  })
  writer.string(6, 'millrace version 0.1.0')
  // Without a declared order readers must not use min_value and max_value.
  writer.structList(7, leaves, (order) => order.struct(1, () => {}))
  const body = writer.finish()
  const footer = Buffer.allocUnsafe(body.length + 8)
  footer.set(body)
  footer.writeUInt32LE(body.length, body.length)
  footer.set(parquetMagic, body.length + 4)
  return footer
}

function writeRowGroup(writer: ThriftWriter, { index, offset }: PlacedRowGroup): void {
  writer.structList(1, index.columns, (chunk, column) => {
    chunk.i64(2, 0)
    chunk.struct(3, (metadata) => writeColumnMetadata(metadata, column, offset))
  })
  writer.i64(2, index.totalByteSize)
  writer.i64(3, index.rows)
  writer.i64(5, offset)
  writer.i64(6, index.totalCompressedSize)
}

function writeColumnMetadata(writer: ThriftWriter, column: ColumnChunkIndex, offset: number): void {
  writer.i32(1, column.physicalType)
  writer.i32List(2, column.encodings)
  writer.stringList(3, column.path)
  writer.i32(4, column.codec)
  writer.i64(5, column.values)
  writer.i64(6, column.uncompressedSize)
  writer.i64(7, column.compressedSize)
  writer.i64(9, offset + column.dataPageOffset)
  if (column.dictionaryPageOffset !== undefined) writer.i64(11, offset + column.dictionaryPageOffset)
  const statistics = column.statistics
  if (!statistics) return
  writer.struct(12, (fields) => {
    fields.i64(3, statistics.nullCount)
    if (statistics.max !== undefined) fields.binary(5, Buffer.from(statistics.max, 'base64'))
    if (statistics.min !== undefined) fields.binary(6, Buffer.from(statistics.min, 'base64'))
    if (statistics.maxExact !== undefined) fields.bool(7, statistics.maxExact)
    if (statistics.minExact !== undefined) fields.bool(8, statistics.minExact)
  })
}
