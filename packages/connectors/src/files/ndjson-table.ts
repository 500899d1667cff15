import { DataError } from '@millrace/core'
import {
  ColumnEvidence,
  createCellRewriter,
  family,
  JsonRowScanner,
  type RowBlock,
  skipJsonSpace,
  unescapeJson,
  type Verdict,
  wholeLines,
} from '@millrace/formats'
import { withConstants } from './constant-cells.ts'
import {
  columnsOf,
  distinctNames,
  type FileStates,
  type FileTable,
  fileStates,
  fileText,
  inFile,
  rewritesOf,
  totalBytes,
  withPathColumns,
} from './file-table.ts'
import type { FileRelation } from './find-relations.ts'

const quote = 0x22

/** Bits for the kinds of JSON values that a column was seen to hold. */
const kind = { string: 1, number: 2, boolean: 4, document: 8 } as const

class JsonEvidence {
  kinds = 0
  readonly #values = new ColumnEvidence()

  observe(data: Buffer, start: number, end: number, escaped: boolean): void {
    const first = data[start]
    if (first === quote) {
      this.kinds |= kind.string
      // No date needs an escape.
      if (escaped) this.#values.family = family.text
      else this.#values.observeString(data, start + 1, end - 1)
    } else if (first === 0x7b || first === 0x5b) this.kinds |= kind.document
    else if (first === 0x74 || first === 0x66) this.kinds |= kind.boolean
    else {
      this.kinds |= kind.number
      this.#values.observe(data, start, end)
    }
  }

  /** Numbers that no type keeps stay text as they are written; values of several kinds are documents. */
  verdict(): Verdict {
    switch (this.kinds) {
      case 0:
      case kind.string:
      case kind.number:
        return this.#values.verdict()
      case kind.boolean:
        return { type: { kind: 'boolean' }, rewrite: true }
      default:
        return { type: { kind: 'json' }, rewrite: false }
    }
  }
}

/** Finds the keys of all objects and their types, by one pass over the files. Numbers keep their digits and documents their text. */
export async function openNdjsonTable(relation: FileRelation, signal?: AbortSignal): Promise<FileTable> {
  const states = await fileStates(relation)
  const scanner = new JsonRowScanner()
  const evidence: JsonEvidence[] = []
  let rows = 0
  const observe = (data: Buffer) => {
    rows++
    for (let place = 0; place < scanner.keys.length; place++) {
      const length = scanner.lengths[place] as number
      const start = scanner.starts[place] as number
      const column = evidence[place] ?? new JsonEvidence()
      evidence[place] = column
      if (length >= 0) column.observe(data, start, start + length, scanner.escaped[place] === 1)
    }
  }
  for await (const _ of scanObjects(relation, scanner, observe, states, signal));
  const { keys } = scanner
  if (keys.length === 0) {
    throw new DataError('NDJSON_EMPTY', { message: `"${relation.name}" holds no JSON object, so it has no columns.` })
  }
  const verdicts = evidence.map((column) => column.verdict())
  const strings = evidence.map(({ kinds }) => kinds === kind.string)
  const columns = columnsOf(
    distinctNames(keys, () => 'empty'),
    verdicts,
  )
  return {
    columns: withPathColumns(columns, relation),
    rows,
    bytes: totalBytes(states),
    async *blocks(stop) {
      const rewrite = createCellRewriter(rewritesOf(verdicts))
      for (const [index, file] of relation.files.entries()) {
        const rows = jsonBlocks({ ...relation, files: [file] }, keys, strings, states, stop)
        for await (const block of withConstants(rows, relation.paths?.values[index] ?? [])) yield rewrite(block)
      }
    },
  }
}

/** Calls `take` for each object, and yields after each run of objects, before the buffer is used again. */
async function* scanObjects(
  relation: FileRelation,
  scanner: JsonRowScanner,
  take: (data: Buffer) => void,
  states: FileStates,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  for (const file of relation.files) {
    let line = 0
    try {
      for await (const { data, end } of wholeLines(fileText(file, relation, states, signal))) {
        for (let at = 0; at < end; ) {
          line++
          const lineEnd = data.indexOf(0x0a, at)
          const first = skipJsonSpace(data, at, lineEnd)
          at = lineEnd + 1
          if (first === lineEnd) continue
          if (!scanner.scan(data, first, lineEnd)) refuse(line)
          take(data)
        }
        yield data
      }
    } catch (error) {
      signal?.throwIfAborted()
      throw inFile(error, file)
    }
  }
}

function refuse(line: number): never {
  throw new DataError('NDJSON_MALFORMED', {
    message: `line ${line} is not one JSON object. NDJSON has an object on every line; correct the file, or say its format with ?format=.`,
    details: { line },
  })
}

/** Strings without their quotes and escapes, all else as it is written. */
async function* jsonBlocks(
  relation: FileRelation,
  keys: readonly string[],
  strings: readonly boolean[],
  states: FileStates,
  signal: AbortSignal | undefined,
): AsyncGenerator<RowBlock> {
  const scanner = new JsonRowScanner(keys)
  const columnCount = keys.length
  let starts = new Int32Array(columnCount * 1024)
  let lengths = new Int32Array(starts.length)
  let rowCount = 0
  const take = (data: Buffer) => {
    const cell = rowCount * columnCount
    if (cell + columnCount > starts.length) {
      starts = grown(starts)
      lengths = grown(lengths)
    }
    rowCount++
    for (let place = 0; place < columnCount; place++) {
      let start = scanner.starts[place] as number
      let length = scanner.lengths[place] as number
      if (length >= 0 && strings[place]) {
        start++
        length -= 2
        if (scanner.escaped[place] === 1) length = unescapeJson(data, start, length)
        if (length < 0) refuseEscape(keys[place] as string)
      }
      starts[cell + place] = start
      lengths[cell + place] = length
    }
  }
  for await (const data of scanObjects(relation, scanner, take, states, signal)) {
    if (rowCount > 0) yield { data, rowCount, columnCount, starts, lengths }
    rowCount = 0
  }
}

function refuseEscape(key: string): never {
  throw new DataError('NDJSON_MALFORMED', {
    message: `a string of "${key}" holds an escape that JSON does not have. Correct the file.`,
  })
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}
