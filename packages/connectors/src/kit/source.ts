import type { Column, ContentHash, LossLedger, Piece, UnrepresentablePolicy, WireFormat } from '@millrace/formats'

/** A table's address: outer scopes first, such as `{ scope: ['public'], name: 'orders' }`. */
export interface TableRef {
  /** The scopes that were named or found, without the connector's fixed ones (a connection's database). */
  readonly scope: readonly string[]
  readonly name: string
}

/**
 * Rows after a watermark. Both values are canonical text with full precision. Without `keys` the
 * rows are those with `cursor > value`; with keys those whose (cursor, keys) tuple is greater.
 */
export interface CursorRange {
  readonly cursor: string
  readonly keys: readonly string[]
  readonly after: CursorMark
  /** Subtracted from the watermark, in seconds for times and in units for numbers; then rows come again, `>=` the result. */
  readonly lookback?: number
}

export interface NarrowedRange {
  readonly cursor: string
  /** As in `CursorRange`. */
  readonly lookback: number
  since(primaryKey: readonly string[]): Promise<CursorMark | null>
}

export interface CursorMark {
  readonly cursor: string
  readonly keys: readonly string[]
}

/** What is read: a table, whole or after a watermark, or the result of a query. */
export type Relation =
  | { readonly kind: 'table'; readonly table: TableRef; readonly range?: CursorRange }
  | { readonly kind: 'query'; readonly sql: string; readonly range?: CursorRange }

export interface RelationSchema {
  readonly columns: readonly Column[]
  /** Names of the primary key's columns, in key order; empty when there is none. */
  readonly primaryKey: readonly string[]
  /** From the catalogue's statistics, null when unknown. Never from a count. */
  readonly estimatedRows: number | null
  readonly estimatedBytes: number | null
}

/**
 * A part of a relation that is read, staged and proven by itself. The plan is frozen in the load's
 * journal, so a resumed load finds the same chunks. `bounds` is the connector's own, JSON-safe.
 */
export interface Chunk {
  /** Unique within the load and usable in a file name: `0000`, `0001`, … */
  readonly id: string
  readonly bounds: Readonly<Record<string, unknown>> | null
}

export interface FinishedChunk {
  readonly id: string
  readonly rows: number
}

/** How a chunk is to be written. */
export interface ReadRequest {
  readonly relation: Relation
  /** The columns as planned: a column whose type was overridden to text is read as text. */
  readonly columns: readonly Column[]
  readonly chunk: Chunk
  readonly format: WireFormat
  readonly policy: UnrepresentablePolicy
  readonly ledger: LossLedger
  readonly options: FormatOptions
  /** Told how many rows were read, where many of them make one piece: a person watches the progress. */
  readonly onRows?: (rows: number) => void
  readonly signal: AbortSignal
}

/** Choices a person can make about how values look. */
export interface FormatOptions {
  /** NDJSON: int64 and decimals as number tokens or quoted. Default `number`. */
  readonly jsonNumbers?: 'number' | 'string'
  /** NDJSON: default `hex` (`\x…`). */
  readonly jsonBinary?: 'hex' | 'base64'
  /** NDJSON: documents embedded raw, or as strings. Default `raw`. */
  readonly jsonAs?: 'raw' | 'string'
  /** Parquet: default `zstd`. */
  readonly parquetCompression?: 'zstd' | 'snappy' | 'none'
  /** Parquet: rows in a row group at most, default 131,072. */
  readonly rowGroupRows?: number
  /**
   * Parquet as the staging form of an engine that has infinite dates and timestamps (DuckDB):
   * they are written as the extremes of the integer type instead of following the policy.
   */
  readonly infinityAsExtremes?: boolean
  /** CSV for PostgreSQL from another system: NUL bytes and dates that do not exist follow the policy. */
  readonly postgresLimits?: boolean
}

/**
 * One consistent view of a system that is read from. Every read goes through the same snapshot,
 * over as many connections as the connector was asked for.
 */
export interface Source extends AsyncDisposable {
  /** Names the system in manifests and decides whether types match exactly: `postgres`, `mysql`, `duckdb`, … */
  readonly dialect: string
  /** Position of the snapshot (LSN, GTID, …) and whatever `reusable` needs later. JSON-safe. */
  readonly position: Readonly<Record<string, unknown>>
  /**
   * Tables that match patterns such as `orders`, `public.*`, `sales.order_*`; `*` and `?` are wildcards. Sorted.
   *
   * @throws ConfigError `TABLE_NOT_FOUND` when a pattern without wildcards names none
   */
  listTables(patterns: readonly string[]): Promise<TableRef[]>
  describe(relation: Relation): Promise<RelationSchema>
  /**
   * For sources to which every row costs a request: told before the relation is first described that
   * only rows from a mark on are wanted. `since` gives the mark, null before the first load. Whatever
   * is asked later may leave out rows before it; ranges still filter exactly.
   */
  narrow?(relation: Relation, wanted: NarrowedRange): Promise<void>
  /** One chunk for anything that cannot be split. `targetRows` is a hint for the size of a chunk. */
  planChunks(relation: Relation, schema: RelationSchema, options: { readonly parallel: number }): Promise<Chunk[]>
  /**
   * Which chunks of an interrupted load still hold exactly the rows they were read with, given the
   * position of the snapshot they were read under. When in doubt, none.
   */
  reusable(
    relation: Relation,
    chunks: readonly (Chunk & FinishedChunk)[],
    position: Readonly<Record<string, unknown>>,
  ): Promise<string[]>
  /** Wire formats this source can produce for these columns, cheapest first. */
  formats(columns: readonly Column[]): readonly WireFormat[]
  read(request: ReadRequest): AsyncIterable<Piece>
  /** The greatest (cursor, keys) under the snapshot; null when the relation has no row with a cursor. */
  cursorMark(relation: Relation, cursor: string, keys: readonly string[]): Promise<CursorMark | null>
  /** Rows whose cursor is NULL: an incremental load can never see them. */
  countNullCursors(relation: Relation, cursor: string): Promise<number>
  count(relation: Relation, signal?: AbortSignal): Promise<number>
  contentHash(relation: Relation, columns: readonly Column[], signal?: AbortSignal): Promise<ContentHash>
}
