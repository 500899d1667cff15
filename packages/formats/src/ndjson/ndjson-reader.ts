import { DataError } from '@millrace/core'
import { CellPositions } from '../cell-positions.ts'
import type { Column } from '../logical-type.ts'
import type { RowBlock } from '../row-block.ts'
import { wholeLines } from '../whole-lines.ts'
import { type JsonColumn, type JsonOptions, jsonColumns } from './json-columns.ts'
import { isNull, JsonReader } from './json-reader.ts'

export interface NdjsonReaderOptions {
  readonly columns: readonly Column[]
  /** Those the file was written with. */
  readonly options?: JsonOptions
}

/**
 * Reads NDJSON as our encoder writes it (keys in column order, no white space between tokens) back
 * into canonical text: numbers keep their digits, documents theirs. An embedded JSON null reads as
 * NULL, a list without its lower bounds.
 *
 * @throws DataError `NDJSON_MALFORMED` with the line
 */
export async function* readNdjson(
  source: AsyncIterable<Uint8Array>,
  { columns, options = {} }: NdjsonReaderOptions,
): AsyncGenerator<RowBlock> {
  const keys = jsonColumns(columns, options)
  const cells = new CellPositions()
  const reader = new JsonReader()
  let line = 0
  for await (const { data, end } of wholeLines(source)) {
    cells.count = 0
    reader.pos = 0
    let rows = 0
    const lines = data.subarray(0, end)
    for (let i = 0; i < end; rows++) {
      line++
      cells.reserve(keys.length)
      // Twice the line is enough: an element of a list gains a backslash for a character at most.
      const next = lines.indexOf(0x0a, i) + 1
      reader.reserve((next - i) * 2 + 16)
      i = readRow(keys, cells, reader, lines, i)
      if (i !== next) refuse(line)
    }
    yield cells.block(reader.bytes, rows, keys.length)
  }
}

/** Returns where the next row begins, or -1. */
function readRow(
  columns: readonly JsonColumn[],
  cells: CellPositions,
  reader: JsonReader,
  data: Buffer,
  start: number,
): number {
  let i = start
  if (columns.length === 0) i = data[i] === 0x7b ? i + 1 : -1
  for (const column of columns) {
    const { key } = column
    for (let k = 0; k < key.length; k++) if (data[i++] !== key[k]) return -1
    const from = reader.pos
    cells.starts[cells.count] = from
    if (isNull(data, i)) {
      cells.lengths[cells.count++] = -1
      i += 4
      continue
    }
    i = reader.cell(column, data, i)
    if (i < 0) return -1
    cells.lengths[cells.count++] = reader.pos - from
  }
  return data[i] === 0x7d && data[i + 1] === 0x0a ? i + 2 : -1
}

function refuse(line: number): never {
  throw new DataError('NDJSON_MALFORMED', {
    message: `Line ${line} is not the JSON object that was written there. The file was changed after it was written; make it again.`,
    details: { line },
  })
}
