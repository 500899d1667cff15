/**
 * A batch of rows as positions into one buffer: the only form in which rows exist between a
 * source's bytes and a writer's bytes. No cell becomes a JavaScript value until a column codec
 * needs it, and text cells never do.
 *
 * Cell (row r, column c) is at index `r * columnCount + c` of `starts` and `lengths`; a length of
 * -1 is NULL. The producer reuses the block and its buffer: both are valid until it is asked for
 * the next block.
 */
export interface RowBlock {
  readonly data: Buffer
  readonly rowCount: number
  readonly columnCount: number
  /** Byte offsets into `data`; may be longer than `rowCount * columnCount`. */
  readonly starts: Int32Array
  /** Byte lengths, -1 for NULL. */
  readonly lengths: Int32Array
}
