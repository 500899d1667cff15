export { addContentHashes, type ContentHash, contentHash } from './content-hash.ts'
export type { RowEncoder } from './encoder.ts'
export type { Column, LogicalType } from './logical-type.ts'
export type { ColumnChunkIndex, Piece, RowGroupIndex, WireFormat } from './piece.ts'
export {
  type LossEntry,
  LossLedger,
  type LossOutcome,
  type UnrepresentablePolicy,
  UnrepresentableValueError,
} from './policy.ts'
export type { RowBlock } from './row-block.ts'
