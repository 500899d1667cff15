export {
  type Compression,
  type Compressor,
  type CompressorOptions,
  compress,
  createCompressor,
} from './compression/compressor.ts'
export { decompress } from './compression/decompress.ts'
export { addContentHashes, type ContentHash, contentHash } from './content-hash.ts'
export { type CopyTextEncoderOptions, createCopyTextEncoder } from './copy-text/copy-text-encoder.ts'
export { type CopyTextReaderOptions, readCopyText } from './copy-text/copy-text-reader.ts'
export { type CsvEncoderOptions, type CsvLineEnd, createCsvEncoder, csvHeader } from './csv/csv-encoder.ts'
export { type CsvReaderOptions, readCsv } from './csv/csv-reader.ts'
export type { RowEncoder } from './encoder.ts'
export { canonicalFloatText } from './hash/float-text.ts'
export { createRowHasher, type RowHasher } from './hash/row-hasher.ts'
export { createCellRewriter, type RewrittenColumn } from './infer/cell-rewriter.ts'
export { ColumnEvidence, type Family, family, type Verdict } from './infer/column-evidence.ts'
export type { Column, LogicalType } from './logical-type.ts'
export {
  type CopyTextToNdjson,
  type CopyTextToNdjsonOptions,
  createCopyTextToNdjson,
} from './ndjson/copy-text-to-ndjson.ts'
export type { JsonOptions } from './ndjson/json-columns.ts'
export { JsonRowScanner, skipJsonSpace, unescapeJson } from './ndjson/json-row-scanner.ts'
export { createNdjsonEncoder, type NdjsonEncoderOptions } from './ndjson/ndjson-encoder.ts'
export { type NdjsonReaderOptions, readNdjson } from './ndjson/ndjson-reader.ts'
export { ColumnBuilder } from './parquet/column-builder.ts'
export { type ColumnDecoder, decodeBytes, viewOf } from './parquet/column-decoder.ts'
export { columnsMetadataKey, type PlacedRowGroup, parquetFooter, parquetMagic } from './parquet/footer.ts'
export { storeInfiniteDate, storeInfiniteTimestamp } from './parquet/infinity.ts'
export { keptAsTextDecoder } from './parquet/kept-as-text.ts'
export { createParquetEncoder, type ParquetEncoderOptions } from './parquet/parquet-encoder.ts'
export type { ParquetCompression } from './parquet/physical.ts'
export { decimalShape, type Leaf, parquetSchema } from './parquet/schema.ts'
export { textDecoders } from './parquet/text-decoders.ts'
export { ElementBlock } from './parquet/text-list.ts'
export { storeMicros, storeSafe64, WideInteger } from './parquet/wide-integer.ts'
export type { ColumnChunkIndex, Piece, RowGroupIndex, WireFormat } from './piece.ts'
export {
  type LossEntry,
  LossLedger,
  type LossOutcome,
  type UnrepresentablePolicy,
  UnrepresentableValueError,
} from './policy.ts'
export type { RowBlock } from './row-block.ts'
export { type PlacedPiece, type SplitOptions, splitPieces } from './split-pieces.ts'
export { type WholeLines, wholeLines } from './whole-lines.ts'
