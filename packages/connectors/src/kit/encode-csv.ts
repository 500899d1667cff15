import { FatalError } from '@millrace/core'
import {
  type Column,
  createCsvEncoder,
  createNdjsonEncoder,
  createParquetEncoder,
  keptAsTextDecoder,
  type LossLedger,
  type Piece,
  type RowBlock,
  type RowEncoder,
  readCsv,
  textDecoders,
  type UnrepresentablePolicy,
  type WireFormat,
} from '@millrace/formats'
import { createPostgresCsvEncoder } from './postgres-limits.ts'
import type { FormatOptions } from './source.ts'

export interface EncodeOptions {
  readonly columns: readonly Column[]
  readonly format: WireFormat
  readonly policy: UnrepresentablePolicy
  readonly ledger: LossLedger
  readonly options: FormatOptions
  /** The columns before any was overridden to text: values that made it necessary are then counted. */
  readonly native?: readonly Column[]
  /** The source takes any text for a date. */
  readonly uncheckedDates?: boolean
  /** As in `ReadRequest`. */
  readonly onRows?: (rows: number) => void
}

/** The general road from a source to any wire format: pieces of canonical CSV, read and encoded anew. */
export async function* encodeCsv(pieces: AsyncIterable<Piece>, request: EncodeOptions): AsyncGenerator<Piece> {
  if (request.format === 'csv') {
    if (request.options.postgresLimits) yield* withinLimits(pieces, request)
    else yield* pieces
    return
  }
  yield* encodeBlocks(readCsv(bytesOf(pieces), { columnCount: request.columns.length }), request)
}

/** Only pieces that may hold what PostgreSQL refuses are read and written anew. */
async function* withinLimits(pieces: AsyncIterable<Piece>, request: EncodeOptions): AsyncGenerator<Piece> {
  const { columns, native = columns, uncheckedDates = false } = request
  const dates = uncheckedDates && native.some(({ type }) => type.kind === 'date' || type.kind === 'timestamp')
  for await (const piece of pieces) {
    if (!dates && !piece.bytes.includes(0)) yield piece
    else yield* encodeBlocks(readCsv(bytesOf(only(piece)), { columnCount: columns.length }), request)
  }
}

async function* only(piece: Piece): AsyncGenerator<Piece> {
  yield piece
}

/** Rows of canonical text in the wire format that was asked for. */
export async function* encodeBlocks(blocks: AsyncIterable<RowBlock>, request: EncodeOptions): AsyncGenerator<Piece> {
  const encoder = createRowEncoder(request)
  for await (const block of blocks) {
    request.onRows?.(block.rowCount)
    yield* await encoder.encode(block)
  }
  yield* await encoder.finish()
}

/** The encoder of a wire format for rows of canonical text. */
export function createRowEncoder({
  columns,
  format,
  policy,
  ledger,
  options,
  native = columns,
}: EncodeOptions): RowEncoder {
  const infinityAsExtremes = options.infinityAsExtremes ?? false
  switch (format) {
    case 'csv':
      return options.postgresLimits
        ? createPostgresCsvEncoder({ columns, native, policy, ledger })
        : createCsvEncoder({ columns })
    case 'ndjson':
      return createNdjsonEncoder({ columns, options, ledger })
    case 'parquet':
      return createParquetEncoder({
        columns,
        ledger,
        policy,
        compression: options.parquetCompression ?? 'zstd',
        ...(options.rowGroupRows === undefined ? {} : { rowGroupRows: options.rowGroupRows }),
        infinityAsExtremes,
        decoders: textDecoders(columns).map((decoder, index) => {
          const own = native[index]
          const kept = own !== undefined && own.type.kind !== 'text' && columns[index]?.type.kind === 'text'
          return kept ? keptAsTextDecoder(own, ledger, infinityAsExtremes) : decoder
        }),
      })
    default:
      throw new FatalError('FORMAT_WITHOUT_ENCODER', {
        message: `Rows of canonical text cannot be turned into ${format}. This is a defect in the choice of the format.`,
      })
  }
}

export async function* bytesOf(pieces: AsyncIterable<Piece>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield piece.bytes
}
