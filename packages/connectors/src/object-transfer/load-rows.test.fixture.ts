import { createParquetEncoder, LossLedger, type Piece, readCsv } from '@millrace/formats'
import type { FileTarget } from '../files/place.ts'
import { bytesOf, createRowEncoder } from '../kit/encode-csv.ts'
import type { Load, LoadSpec, Sink } from '../kit/sink.ts'
import { type Cells, csvPieces, people } from '../kit/sink-rows.contract.ts'

export const csvTo = (path: string, more: Partial<FileTarget> = {}): FileTarget => ({
  kind: 'file',
  path,
  format: 'csv',
  compression: 'none',
  csv: { header: true, lineEnd: 'lf' },
  ...more,
})

export const parquetTo = (path: string, more: Partial<FileTarget> = {}): FileTarget => ({
  kind: 'file',
  path,
  format: 'parquet',
  compression: 'none',
  ...more,
})

let keys = 0
export const specOf = (target: FileTarget, options: Partial<LoadSpec> = {}): LoadSpec => ({
  key: `k${process.pid}x${++keys}`,
  target,
  mode: 'replace',
  keys: [],
  columns: people,
  sourceDialect: 'files',
  changes: [],
  format: target.partitionBy ? 'csv' : target.format,
  options: {},
  journal: { chunks: [{ id: '0000', bounds: null }], position: {}, startedAt: '' },
  allowEmpty: false,
  signal: new AbortController().signal,
  ...options,
})

async function* encoded(rows: readonly Cells[], { format, columns }: LoadSpec): AsyncGenerator<Piece> {
  if (format === 'csv') return yield* csvPieces(rows)
  const encoder =
    format === 'parquet'
      ? createParquetEncoder({ columns, ledger: new LossLedger(), rowGroupRows: 2 })
      : createRowEncoder({ columns, format: 'ndjson', policy: 'error', ledger: new LossLedger(), options: {} })
  for await (const block of readCsv(bytesOf(csvPieces(rows)), { columnCount: columns.length }))
    yield* await encoder.encode(block)
  yield* await encoder.finish()
}

export const writeRows = (load: Load, spec: LoadSpec, chunk: string, rows: readonly Cells[]) =>
  load.writeChunk({ id: chunk, bounds: null }, encoded(rows, spec), () => [])

/** A load of one chunk, from its beginning to its end. */
export async function loadRows(
  sink: Sink,
  target: FileTarget,
  rows: readonly Cells[],
  options: Partial<LoadSpec> = {},
) {
  const spec = specOf(target, options)
  await using load = await sink.openLoad(spec, null)
  try {
    await writeRows(load, spec, '0000', rows)
    const result = await load.publish()
    await load.complete()
    return result
  } catch (error) {
    await load.abandon()
    throw error
  }
}
