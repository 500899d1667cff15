import type { ColumnBuilder } from './column-builder.ts'
import { bitWidth, maxHybridBytes, writeHybrid } from './hybrid-rle.ts'
import { encoding, pageType } from './physical.ts'
import { ThriftWriter } from './thrift-compact.ts'

/** Room for the levels of a page, whatever they are. */
export function maxLevelBytes(builder: ColumnBuilder): number {
  if (!builder.leaf.list) return 4 + maxHybridBytes(builder.rows, 1)
  return 8 + 2 * maxHybridBytes(builder.rows + builder.listRows, 2)
}

/** Levels of a data page (version 1): repetition for lists, then definition, each behind its length. */
export function writeLevels(builder: ColumnBuilder, page: Buffer): { readonly end: number; readonly count: number } {
  if (!builder.leaf.list) {
    return { end: writePrefixed(builder.levels, builder.rows, 1, page, 0), count: builder.rows }
  }
  const { lists, listRows, levels } = builder
  const repetition = new Uint8Array(builder.rows + listRows)
  const definition = new Uint8Array(builder.rows + listRows)
  let count = 0
  let element = 0
  for (let row = 0; row < listRows; row++) {
    const length = lists[row] as number
    // Definition: 0 no list, 1 a list without elements, 2 an element that is NULL, 3 an element.
    if (length <= 0) definition[count++] = length + 1
    else {
      for (let k = 0; k < length; k++) {
        repetition[count] = k === 0 ? 0 : 1
        definition[count++] = 2 + (levels[element++] as number)
      }
    }
  }
  const end = writePrefixed(repetition, count, 1, page, 0)
  return { end: writePrefixed(definition, count, 2, page, end), count }
}

function writePrefixed(levels: Uint8Array, count: number, width: number, page: Buffer, at: number): number {
  const end = writeHybrid(levels, count, width, page, at + 4)
  page.writeUInt32LE(end - at - 4, at)
  return end
}

export function maxPlainBytes(builder: ColumnBuilder): number {
  return builder.width === 1 ? Math.ceil(builder.values / 8) : builder.size
}

export function writePlain(builder: ColumnBuilder, page: Buffer, at: number): number {
  const { values, bytes, width } = builder
  if (width !== 1) {
    page.set(bytes.subarray(0, builder.size), at)
    return at + builder.size
  }
  const end = at + Math.ceil(values / 8)
  page.fill(0, at, end)
  for (let i = 0; i < values; i++) {
    const byte = at + (i >> 3)
    page[byte] = (page[byte] as number) | ((bytes[i] as number) << (i & 7))
  }
  return end
}

export function maxIndexBytes(count: number, dictionarySize: number): number {
  return 1 + maxHybridBytes(count, bitWidth(dictionarySize - 1))
}

export function writeIndices(
  indices: Int32Array,
  count: number,
  dictionarySize: number,
  page: Buffer,
  at: number,
): number {
  const width = bitWidth(dictionarySize - 1)
  page[at] = width
  return writeHybrid(indices, count, width, page, at + 1)
}

export function dataPageHeader(
  uncompressed: number,
  compressed: number,
  values: number,
  encodedAs: number,
): Uint8Array {
  const writer = new ThriftWriter()
  writer.i32(1, pageType.data)
  writer.i32(2, uncompressed)
  writer.i32(3, compressed)
  writer.struct(5, (header) => {
    header.i32(1, values)
    header.i32(2, encodedAs)
    header.i32(3, encoding.rle)
    header.i32(4, encoding.rle)
  })
  return writer.finish()
}

export function dictionaryPageHeader(uncompressed: number, compressed: number, values: number): Uint8Array {
  const writer = new ThriftWriter()
  writer.i32(1, pageType.dictionary)
  writer.i32(2, uncompressed)
  writer.i32(3, compressed)
  writer.struct(7, (header) => {
    header.i32(1, values)
    header.i32(2, encoding.plain)
  })
  return writer.finish()
}
