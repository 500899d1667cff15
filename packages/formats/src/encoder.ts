import type { Piece } from './piece.ts'
import type { RowBlock } from './row-block.ts'

/**
 * Turns row blocks into pieces of one wire format. `encode` copies what it needs from the block
 * before it returns; it yields nothing while it buffers (Parquet), else whole rows. `finish` ends
 * the last row group. An encoder serves one chunk.
 */
export interface RowEncoder {
  encode(block: RowBlock): Piece[] | Promise<Piece[]>
  finish(): Piece[] | Promise<Piece[]>
}
