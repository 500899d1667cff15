import { DataError } from '@millrace/core'
import { ColumnEvidence, createCellRewriter, family, type RowBlock, readCsv } from '@millrace/formats'
import type { FilesSourceConfig } from './config.ts'
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
import { csvFirstRow, firstLine } from './read-back.ts'

export interface CsvLayout {
  readonly delimiter: string
  readonly header: boolean
  /** As they stand in the first row, or made from the number of its fields. */
  readonly names: readonly string[]
}

/** Finds the type of each column from all of its values, by one pass over the files. */
export async function openCsvTable(
  relation: FileRelation,
  config: FilesSourceConfig,
  signal?: AbortSignal,
): Promise<FileTable & { readonly layout?: CsvLayout }> {
  const states = await fileStates(relation)
  const layout = await csvLayout(relation, config)
  const evidence = layout.names.map(() => new ColumnEvidence())
  let rows: number | null = null
  if (!config.allText) {
    rows = 0
    for await (const block of csvBlocks(relation, layout, states, { raw: true, signal })) {
      observe(evidence, block)
      rows += block.rowCount
    }
  }
  const verdicts = evidence.map((column) => column.verdict())
  const rewrites = rewritesOf(verdicts)
  const columns = columnsOf(
    distinctNames(layout.names, (place) => `column_${place + 1}`),
    verdicts,
  )
  return {
    // A reader that knows only the files would miss what their paths say.
    ...(relation.paths ? {} : { layout }),
    columns: withPathColumns(columns, relation),
    rows,
    bytes: totalBytes(states),
    async *blocks(stop) {
      const rewrite = createCellRewriter(rewrites)
      for await (const block of csvBlocks(relation, layout, states, { raw: false, signal: stop })) yield rewrite(block)
    },
  }
}

function observe(
  evidence: readonly ColumnEvidence[],
  { data, starts, lengths, rowCount, columnCount }: RowBlock,
): void {
  const cells = rowCount * columnCount
  for (let place = 0; place < columnCount; place++) {
    const column = evidence[place] as ColumnEvidence
    for (let cell = place; cell < cells && column.family !== family.text; cell += columnCount) {
      const length = lengths[cell] as number
      if (length < 0) continue
      const start = starts[cell] as number
      column.observe(data, start, start + length)
    }
  }
}

async function csvLayout({ files, compression }: FileRelation, { header }: FilesSourceConfig): Promise<CsvLayout> {
  for (const file of files) {
    const delimiter = guessDelimiter((await firstLine(file, compression)) ?? '')
    const row = await csvFirstRow(file, compression, delimiter)
    if (row) return { delimiter, header, names: header ? row : row.map((_, place) => `column_${place + 1}`) }
  }
  throw new DataError('CSV_EMPTY', {
    message: `"${files[0]}" is empty, without even a row of column names. Check that what writes it has succeeded.`,
    details: { files: files.slice(0, 20) },
  })
}

async function* csvBlocks(
  relation: FileRelation,
  layout: CsvLayout,
  states: FileStates,
  { raw, signal }: { raw: boolean; signal: AbortSignal | undefined },
): AsyncGenerator<RowBlock> {
  const { delimiter, header, names } = layout
  for (const [index, file] of relation.files.entries()) {
    try {
      if (header && index > 0) await refuseOtherHeader(file, relation, layout)
      const text = fileText(file, relation, states, signal)
      const rows = readCsv(text, { columnCount: names.length, header, delimiter, raw })
      yield* raw ? rows : withConstants(rows, relation.paths?.values[index] ?? [])
    } catch (error) {
      signal?.throwIfAborted()
      throw inFile(error, file)
    }
  }
}

async function refuseOtherHeader(file: string, { files, compression }: FileRelation, layout: CsvLayout): Promise<void> {
  const { names, delimiter } = layout
  const row = await csvFirstRow(file, compression, delimiter)
  if (row === null || (row.length === names.length && row.every((name, place) => name === names[place]))) return
  throw new DataError('CSV_HEADER_DIFFERS', {
    message: `its header is not that of "${files[0]}" (${row.join(delimiter)} instead of ${names.join(delimiter)}). Files that are read as one table need the same columns in the same order.`,
  })
}

/** The one of the usual delimiters that stands most often in the first line, outside of quotes. */
function guessDelimiter(line: string): string {
  const bare = line.replaceAll(/"([^"]|"")*"?/g, '')
  let best = ','
  let most = bare.split(',').length - 1
  for (const candidate of ['\t', ';', '|']) {
    const count = bare.split(candidate).length - 1
    if (count > most) [best, most] = [candidate, count]
  }
  return best
}
