import type { Column, RowBlock } from '@millrace/formats'

/** Blocks with only some of their columns, found by name. */
export async function* selectColumns(
  blocks: AsyncIterable<RowBlock>,
  all: readonly Column[],
  wanted: readonly Column[],
): AsyncGenerator<RowBlock> {
  const places = wanted.map(({ name }) => all.findIndex((column) => column.name === name))
  const whole = places.length === all.length && places.every((place, index) => place === index)
  for await (const block of blocks) yield whole ? block : selected(block, places)
}

function selected(block: RowBlock, places: readonly number[]): RowBlock {
  const size = block.rowCount * places.length
  const starts = new Int32Array(size)
  const lengths = new Int32Array(size)
  for (let row = 0, at = 0; row < block.rowCount; row++) {
    for (const place of places) {
      const cell = row * block.columnCount + place
      starts[at] = block.starts[cell] as number
      lengths[at++] = block.lengths[cell] as number
    }
  }
  return { data: block.data, rowCount: block.rowCount, columnCount: places.length, starts, lengths }
}
