import {
  type Column,
  type ColumnDecoder,
  createCopyTextToNdjson,
  createParquetEncoder,
  keptAsTextDecoder,
  type Piece,
  textDecoders,
} from '@millrace/formats'
import type { ReadRequest } from '../kit/source.ts'
import { binaryDecoderFor, hasBinaryCodec } from './binary/binary-decoders.ts'
import { createBinaryRowParser } from './binary/row-parser.ts'
import { copyOut, type RowBatch } from './copy-out.ts'
import { columnNamed } from './relation-sql.ts'
import { isOverridden, isRawJson, selectExpression, sentType } from './select-list.ts'
import type { Session } from './session.ts'
import type { PgColumn } from './types.ts'

/** The rows to read: what stands behind FROM and WHERE. */
export interface RowsSql {
  readonly from: string
  readonly conditions: readonly string[]
}

/** COPY's own formats, by the format they are the cheapest faithful road to. */
const wires = {
  csv: 'csv',
  'copy-text': 'text',
  'copy-binary': 'binary',
  ndjson: 'text',
  parquet: 'binary',
} as const

/** Reads rows in the wanted format: passed through, or turned from the COPY format that is nearest to it. */
export async function* readRows(
  session: Session,
  columns: readonly PgColumn[],
  rows: RowsSql,
  request: ReadRequest,
): AsyncGenerator<Piece, void, undefined> {
  const { format, signal } = request
  const pairs = request.columns.map((planned) => ({ planned, column: columnNamed(columns, planned.name) }))
  const list = pairs.map(({ planned, column }) => selectExpression(column, planned, format, isSentBinary))
  const where = rows.conditions.length > 0 ? ` where ${rows.conditions.join(' and ')}` : ''
  const wire = wires[format]
  const sql = `COPY (select ${list.join(', ')} from ${rows.from}${where}) TO STDOUT (FORMAT ${wire})`
  const batches = copyOut(session, sql, { binary: wire === 'binary', signal })
  if (format === 'ndjson') yield* toNdjson(batches, pairs, request)
  else if (format === 'parquet') yield* toParquet(batches, pairs, request)
  else yield* batches
}

type Pair = { readonly planned: Column; readonly column: PgColumn }

async function* toNdjson(
  batches: AsyncIterable<RowBatch>,
  pairs: readonly Pair[],
  { columns, options, ledger }: ReadRequest,
): AsyncGenerator<Piece, void, undefined> {
  const rawJson = new Set(
    pairs.filter(({ column, planned }) => isRawJson(column, planned)).map(({ planned }) => planned.name),
  )
  const converter = createCopyTextToNdjson({ columns, options, ledger, rawJson })
  for await (const batch of batches) yield converter.convert(batch.bytes)
}

async function* toParquet(
  batches: AsyncIterable<RowBatch>,
  pairs: readonly Pair[],
  { columns, options, ledger, policy, onRows }: ReadRequest,
): AsyncGenerator<Piece, void, undefined> {
  const parser = createBinaryRowParser(columns.length)
  const encoder = createParquetEncoder({
    columns,
    decoders: pairs.map((pair) =>
      policy === 'text' && isOverridden(pair.column, pair.planned)
        ? keptAsTextDecoder(pair.column, ledger, options.infinityAsExtremes)
        : decoderOf(pair),
    ),
    ledger,
    policy,
    ...(options.parquetCompression ? { compression: options.parquetCompression } : {}),
    ...(options.rowGroupRows ? { rowGroupRows: options.rowGroupRows } : {}),
    infinityAsExtremes: options.infinityAsExtremes ?? false,
  })
  for await (const batch of batches) {
    const block = parser.parse(batch.bytes)
    onRows?.(block.rowCount)
    yield* await encoder.encode(block)
  }
  yield* await encoder.finish()
}

/** A column that became text is printed, so that its values can be counted that made it so. */
function isSentBinary(column: PgColumn, planned: Column): boolean {
  return !isOverridden(column, planned) && hasBinaryCodec(planned.type, sentType(column))
}

/** What has no binary codec was printed by the query, and is read as canonical text. */
function decoderOf({ planned, column }: Pair): ColumnDecoder {
  if (isSentBinary(column, planned)) return binaryDecoderFor(planned.type, sentType(column))
  return textDecoders([planned])[0] as ColumnDecoder
}
