import type { RowBlock } from '@millrace/formats'

/** Rows with the same further cells behind each of them: what the path of their file says. */
export async function* withConstants(
  blocks: AsyncIterable<RowBlock>,
  values: readonly (string | null)[],
): AsyncGenerator<RowBlock> {
  if (values.length === 0) return yield* blocks
  const texts = values.map((value) => (value === null ? null : Buffer.from(value)))
  const size = texts.reduce((sum, text) => sum + (text?.length ?? 0), 0)
  let data = Buffer.alloc(0)
  let starts = new Int32Array(0)
  let lengths = new Int32Array(0)
  for await (const block of blocks) {
    const columnCount = block.columnCount + values.length
    if (data.length < size + block.data.length) data = Buffer.allocUnsafe(size + block.data.length)
    if (starts.length < block.rowCount * columnCount) {
      starts = new Int32Array(block.rowCount * columnCount)
      lengths = new Int32Array(starts.length)
    }
    const places = placeTexts(data, texts)
    data.set(block.data, size)
    for (let row = 0, from = 0, to = 0; row < block.rowCount; row++) {
      for (let column = 0; column < block.columnCount; column++, from++, to++) {
        starts[to] = (block.starts[from] as number) + size
        lengths[to] = block.lengths[from] as number
      }
      for (const { start, length } of places) {
        starts[to] = start
        lengths[to++] = length
      }
    }
    yield { data, rowCount: block.rowCount, columnCount, starts, lengths }
  }
}

/** At the buffer's beginning, again for every block: whoever took the last one may have written into it. */
function placeTexts(data: Buffer, texts: readonly (Buffer | null)[]): { start: number; length: number }[] {
  let position = 0
  return texts.map((text) => {
    if (text === null) return { start: 0, length: -1 }
    data.set(text, position)
    position += text.length
    return { start: position - text.length, length: text.length }
  })
}
