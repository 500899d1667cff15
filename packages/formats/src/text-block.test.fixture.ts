import { type Column, type LogicalType, type RowBlock, readCsv } from './index.ts'

export type Row = readonly (string | null)[]

export const column = (name: string, type: LogicalType): Column => ({ name, type, nullable: true, sourceType: '' })
export const text: LogicalType = { kind: 'text' }
export const int4: LogicalType = { kind: 'integer', bits: 32, unsigned: false }
export const int8: LogicalType = { kind: 'integer', bits: 64, unsigned: false }
export const numeric: LogicalType = { kind: 'decimal', precision: null, scale: null }
export const float4: LogicalType = { kind: 'float', bits: 32 }
export const float8: LogicalType = { kind: 'float', bits: 64 }
export const list = (element: LogicalType): LogicalType => ({ kind: 'list', element })

/** A block whose cells stand in its buffer in no order that a reader would make. */
export function blockOf(rows: readonly Row[], columnCount = rows[0]?.length ?? 0): RowBlock {
  const cells = rows.flat()
  const starts = new Int32Array(cells.length)
  const lengths = new Int32Array(cells.length)
  const parts: Buffer[] = []
  let used = 0
  for (let i = cells.length - 1; i >= 0; i--) {
    const cell = cells[i] ?? null
    const bytes = Buffer.from(cell ?? '')
    starts[i] = used
    lengths[i] = cell === null ? -1 : bytes.length
    parts.push(bytes)
    used += bytes.length
  }
  return { data: Buffer.concat(parts), rowCount: rows.length, columnCount, starts, lengths }
}

export function rowsOf(block: RowBlock): Row[] {
  return Array.from({ length: block.rowCount }, (_, r) =>
    Array.from({ length: block.columnCount }, (_, c) => {
      const cell = r * block.columnCount + c
      const start = block.starts[cell] as number
      const length = block.lengths[cell] as number
      return length < 0 ? null : block.data.toString('utf8', start, start + length)
    }),
  )
}

export async function collectRows(blocks: AsyncIterable<RowBlock>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const block of blocks) rows.push(...rowsOf(block))
  return rows
}

/** The bytes in chunks of `size`, each in a buffer that is overwritten when the next is asked for. */
export async function* chunksOf(bytes: Uint8Array | string, size = 65_536): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(bytes)
  const chunk = Buffer.alloc(size)
  for (let at = 0; at < all.length; at += size) {
    const length = all.copy(chunk, 0, at)
    yield chunk.subarray(0, length)
    chunk.fill(0xff)
  }
}

export const readCsvRows = (csv: Uint8Array | string, columnCount: number, chunk?: number) =>
  collectRows(readCsv(chunksOf(csv, chunk), { columnCount }))
