import { FatalError } from '@millrace/core'
import type { RowBlock } from '@millrace/formats'

const blockBytes = 256 * 1024

/**
 * Blocks of rows from `FORMAT RowBinary` whose columns are all Nullable(String): a byte that is 1 for
 * NULL, else 0, the length as a variable-length integer, the bytes. Only lengths are looked at.
 *
 * An error that the server meets in the middle of its answer stands in the answer as text, which no
 * row can begin with; `failed` makes the error of it.
 */
export async function* readRowBinary(
  stream: AsyncIterable<Uint8Array>,
  columnCount: number,
  failed: (text: string) => unknown,
): AsyncGenerator<RowBlock> {
  const cells = new Cells(columnCount)
  let waiting: Uint8Array[] = []
  let size = 0
  let wanted = blockBytes
  const cut = (): RowBlock => {
    const data = Buffer.concat(waiting)
    const { rowCount, end } = cells.read(data)
    waiting = [data.subarray(end)]
    size = data.length - end
    // A row larger than a block is looked at again only when twice as much is there.
    wanted = Math.max(blockBytes, size * 2)
    return { data, rowCount, columnCount, starts: cells.starts, lengths: cells.lengths }
  }
  let cause: { error: unknown } | null = null
  try {
    for await (const bytes of stream) {
      waiting.push(bytes)
      size += bytes.length
      if (size < wanted) continue
      const block = cut()
      if (block.rowCount > 0) yield block
    }
  } catch (error) {
    // The server breaks the connection off after it has said why.
    cause = { error }
  }
  if (size > 0) {
    const block = cut()
    if (block.rowCount > 0) yield block
  }
  const rest = Buffer.concat(waiting).toString('utf8')
  const said = /Code: \d+\. DB::Exception: [\s\S]*/.exec(rest)?.[0]
  if (said !== undefined) throw failed(said)
  if (cause) throw cause.error
  if (rest === '') return
  throw new FatalError('ANSWER_CUT', {
    message:
      'The answer of ClickHouse ended in the middle of a row. Look at the server and at proxies before it, and run the copy again.',
  })
}

/** Positions of the cells of a block, in arrays that are used again. */
class Cells {
  readonly #columnCount: number
  starts: Int32Array<ArrayBuffer>
  lengths: Int32Array<ArrayBuffer>

  constructor(columnCount: number) {
    this.#columnCount = columnCount
    this.starts = new Int32Array(1024 * columnCount)
    this.lengths = new Int32Array(1024 * columnCount)
  }

  /** The whole rows at the beginning of `data`, and where they end. */
  read(data: Buffer): { rowCount: number; end: number } {
    const columnCount = this.#columnCount
    let { starts, lengths } = this
    let rowCount = 0
    let end = 0
    let cell = 0
    for (let at = 0; at < data.length; ) {
      if (cell + columnCount > starts.length) {
        starts = this.starts = grown(starts)
        lengths = this.lengths = grown(lengths)
      }
      const last = cell + columnCount
      for (; cell < last; cell++) {
        const flag = data[at]
        if (flag === 1) {
          starts[cell] = ++at
          lengths[cell] = -1
          continue
        }
        if (flag !== 0) break
        let length = 0
        let scale = 1
        let byte = 0x80
        let place = at + 1
        while (byte >= 0x80) {
          byte = data[place++] ?? -1
          length += (byte & 0x7f) * scale
          scale *= 128
        }
        if (byte < 0 || place + length > data.length) break
        starts[cell] = place
        lengths[cell] = length
        at = place + length
      }
      if (cell < last) break
      rowCount++
      end = at
    }
    return { rowCount, end }
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}
