/** The forms in which rows travel from a source to a destination. */
export type WireFormat =
  /** Canonical CSV (R1): LF rows, NULL empty and unquoted, `""` for the empty string; no header row. */
  | 'csv'
  /** One JSON object per line (R2). */
  | 'ndjson'
  /** Parquet row groups without file header and footer; each piece carries its `index`. */
  | 'parquet'
  /** PostgreSQL's COPY text: tab-separated, backslash escapes, `\N` for NULL. */
  | 'copy-text'
  /** PostgreSQL's COPY binary rows, without the stream's header and trailer. */
  | 'copy-binary'

/**
 * A run of whole rows on its way to a destination. `bytes` is valid until the producer is asked for
 * the next piece. For Parquet a piece is one row group.
 */
export interface Piece {
  readonly bytes: Uint8Array
  readonly rows: number
  /** Parquet only: what the file footer must say of this row group, with offsets relative to `bytes`. JSON-safe. */
  readonly index?: RowGroupIndex
}

export interface RowGroupIndex {
  readonly rows: number
  readonly totalByteSize: number
  readonly totalCompressedSize: number
  readonly columns: readonly ColumnChunkIndex[]
}

export interface ColumnChunkIndex {
  /** Path in the schema, such as ["tags", "list", "element"]. */
  readonly path: readonly string[]
  /** Offset of the first page (dictionary or data) from the start of the piece. */
  readonly offset: number
  readonly dictionaryPageOffset?: number
  readonly dataPageOffset: number
  readonly values: number
  readonly compressedSize: number
  readonly uncompressedSize: number
  /** Parquet physical type, encodings and codec as their numbers in the format specification. */
  readonly physicalType: number
  readonly encodings: readonly number[]
  readonly codec: number
  readonly statistics?: {
    readonly nullCount: number
    /** Plain-encoded, base64. */
    readonly min?: string
    readonly max?: string
    readonly minExact?: boolean
    readonly maxExact?: boolean
  }
}
