import { DataError } from '@millrace/core'
import { CellPositions } from '../cell-positions.ts'
import type { RowBlock } from '../row-block.ts'
import { wholeLines } from '../whole-lines.ts'
import { copyEscapes } from './copy-escapes.ts'

export interface CopyTextReaderOptions {
  readonly columnCount: number
}

const tab = 0x09
const lf = 0x0a
const backslash = 0x5c

/** 1 for the bytes at which a cell ends or an escape begins. */
const stops = new Uint8Array(256)
for (const byte of [tab, lf, backslash]) stops[byte] = 1

/** Reads what PostgreSQL's `COPY … TO STDOUT (FORMAT text)` prints, unescaped in place. */
export async function* readCopyText(
  source: AsyncIterable<Uint8Array>,
  { columnCount }: CopyTextReaderOptions,
): AsyncGenerator<RowBlock> {
  const cells = new CellPositions()
  let line = 0
  for await (const { data, end } of wholeLines(source)) {
    cells.count = 0
    let rows = 0
    for (let i = 0; i < end; rows++) {
      line++
      cells.reserve(columnCount)
      const { starts, lengths } = cells
      if (columnCount === 0 && data[i++] !== lf) refuse(line, columnCount)
      for (let c = 0; c < columnCount; c++) {
        const start = i
        const isNull = data[i] === backslash && data[i + 1] === 0x4e
        while (stops[data[i]!] === 0) i++
        let to = i
        while (data[i] === backslash) {
          data[to++] = copyEscapes[data[i + 1]!]!
          i += 2
          while (stops[data[i]!] === 0) data[to++] = data[i++]!
        }
        if (data[i] !== (c === columnCount - 1 ? lf : tab)) refuse(line, columnCount)
        i++
        starts[cells.count] = start
        lengths[cells.count++] = isNull ? -1 : to - start
      }
    }
    yield cells.block(data, rows, columnCount)
  }
}

function refuse(line: number, columnCount: number): never {
  throw new DataError('COPY_TEXT_MALFORMED', {
    message: `Row ${line} of the COPY text does not have ${columnCount} columns. The table probably changed during the read; run the copy again.`,
    details: { line, columnCount },
  })
}
