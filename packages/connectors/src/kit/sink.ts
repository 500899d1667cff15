import type {
  Column,
  ContentHash,
  LossEntry,
  LossLedger,
  Piece,
  UnrepresentablePolicy,
  WireFormat,
} from '@millrace/formats'
import type { Chunk, CursorMark, FinishedChunk, FormatOptions, TableRef } from './source.ts'

export type WriteMode = 'replace' | 'append' | 'merge' | 'insert-only'

/** Where rows go: a table of a database, or a path of an object store. */
export type Target =
  | { readonly kind: 'table'; readonly table: TableRef }
  | {
      readonly kind: 'file'
      /** A file, or a folder when it ends with `/`; `-` is standard output. */
      readonly path: string
      readonly format: 'csv' | 'ndjson' | 'parquet'
      readonly compression: 'none' | 'gzip' | 'zstd'
      readonly csv?: { readonly header: boolean; readonly lineEnd: 'lf' | 'crlf' }
      /** Starts a new file when one holds this many rows or bytes (before compression); the target must be a folder. */
      readonly splitRows?: number
      readonly splitBytes?: number
      /**
       * Columns whose values stand in the path (`year=2024/month=5/`) instead of the files, outermost first;
       * the target must be a folder.
       */
      readonly partitionBy?: readonly string[]
    }

/** A change that the destination table needs before the rows fit: what `plan` shows and the load does. */
export type SchemaChange =
  | { readonly kind: 'create-table'; readonly ddl: string }
  | { readonly kind: 'add-column'; readonly column: string; readonly type: string }
  | { readonly kind: 'widen-column'; readonly column: string; readonly from: string; readonly to: string }

/** How the source's columns and the destination's relate. */
export interface TargetPlan {
  readonly exists: boolean
  /** Destination type per planned column, for people. */
  readonly types: Readonly<Record<string, string>>
  /** Changes that `evolve` makes. */
  readonly changes: readonly SchemaChange[]
  /** Differences that no lossless change can bridge, as full sentences; the load refuses. */
  readonly conflicts: readonly string[]
  /** Columns of the destination that the source does not have (they get their default). */
  readonly missing: readonly string[]
  /** Current rows of the destination by estimate, null when unknown or absent. */
  readonly estimatedRows: number | null
}

/** How an existing destination may change: take new columns and wider types, refuse any difference, or drop new columns. */
export type SchemaContract = 'evolve' | 'freeze' | 'discard'

export interface LoadSpec {
  /** Identifies the load and its staging; the same spec after a crash finds the interrupted load. Lower-case letters and digits, at most 20. */
  readonly key: string
  readonly target: Target
  readonly mode: WriteMode
  /** Merge and insert-only: columns that identify a row. */
  readonly keys: readonly string[]
  readonly columns: readonly Column[]
  readonly sourceDialect: string
  readonly changes: readonly SchemaChange[]
  readonly format: WireFormat
  readonly options: FormatOptions
  /** Frozen chunk plan, position of the snapshot and anything else the transfer needs to resume; stored as given. */
  readonly journal: LoadJournal
  /** Saved as the pipeline's new state in the same step as the publish; absent for a load that is not incremental. */
  readonly state?: { readonly key: string; readonly mark: CursorMark }
  /** `--allow-empty`: lets a replace publish no rows over existing ones. */
  readonly allowEmpty: boolean
  readonly signal: AbortSignal
}

export interface LoadJournal {
  readonly chunks: readonly Chunk[]
  readonly position: Readonly<Record<string, unknown>>
  readonly startedAt: string
}

/** An interrupted load as the destination remembers it. */
export interface Interrupted {
  readonly key: string
  readonly spec: Pick<LoadSpec, 'columns' | 'format' | 'mode' | 'journal' | 'state'>
  /** `published`: the rows are visible, only the closing steps were cut off. */
  readonly status: 'loading' | 'published'
  readonly finished: readonly FinishedChunk[]
  readonly ledger: readonly LossEntry[]
  readonly published?: PublishResult
}

export interface PublishResult {
  readonly inserted: number
  readonly updated: number
  /** Rows that insert-only left out since their key was there. */
  readonly skipped: number
  /** Rows of the target before a replace, when cheaply known. */
  readonly replaced?: number
  /** What was written, for files: paths and sizes. */
  readonly files?: readonly { readonly path: string; readonly bytes: number; readonly rows: number }[]
}

/**
 * A system that is written to. Everything a load leaves behind before it is published lives under
 * names that begin with `_millrace`, and goes with `complete` or `abandon`.
 */
export interface Sink extends AsyncDisposable {
  readonly dialect: string
  /** True when several loads (to different targets) may run at once over this sink. */
  readonly concurrentLoads: boolean
  /** Staged rows reach the destination only with the publish, so that even a replace has to be proven there once more. */
  readonly provesAfterPublish?: boolean
  /** Wire formats the sink takes for these columns, cheapest first. `copy-binary` only when the types match exactly. */
  accepts(columns: readonly Column[], sourceDialect: string, target: Target): Promise<readonly WireFormat[]>
  /** How staged Parquet or JSON has to look for this sink. */
  formatOptions(options: FormatOptions): FormatOptions
  plan(target: Target, columns: readonly Column[], sourceDialect: string, mode: WriteMode): Promise<TargetPlan>
  /** The load of this key that was cut off, if any. */
  interrupted(key: string, target: Target): Promise<Interrupted | null>
  /** Starts a load, or takes up the interrupted one of the same key with its finished chunks. */
  openLoad(spec: LoadSpec, resume: Interrupted | null): Promise<Load>
  /** The last durable state of a pipeline; null before its first publish. */
  readState(key: string, target: Target): Promise<CursorMark | null>
  count(target: Target, signal?: AbortSignal): Promise<number>
  /** Hash of the target's content in these columns, in the canonical text of their logical types. */
  contentHash(target: Target, columns: readonly Column[], signal?: AbortSignal): Promise<ContentHash>
}

/**
 * One load: staging → verification → publish → complete. `writeChunk` is atomic together with the
 * record that the chunk is finished; calls run in parallel. After `kill -9` anywhere a new process
 * finds with `interrupted` what is true.
 */
export interface Load extends AsyncDisposable {
  /**
   * Returns rows written and bytes taken. A chunk that fails leaves nothing behind. `ledger` is saved
   * with the chunk. `losses` says what is to become of values that only the destination cannot hold,
   * and counts them, before `ledger` is asked; without it they are errors.
   */
  writeChunk(
    chunk: Chunk,
    pieces: AsyncIterable<Piece>,
    ledger: () => readonly LossEntry[],
    losses?: { readonly policy: UnrepresentablePolicy; readonly ledger: LossLedger },
  ): Promise<{ readonly rows: number; readonly bytes: number }>
  /** Forgets finished chunks that may no longer be true. */
  discardChunks(ids: readonly string[]): Promise<void>
  /** Rows in staging, counted by the destination. */
  stagedCount(): Promise<number>
  stagedHash(columns: readonly Column[]): Promise<ContentHash>
  /** Makes the rows visible in one atomic step that also saves `state` and marks the load published. */
  publish(): Promise<PublishResult>
  /** Drops staging and the load's record. After this the same key is a new load. */
  complete(): Promise<void>
  /** Drops staging and the load's record without publishing. */
  abandon(): Promise<void>
  /** Disposal closes connections and keeps what is needed to resume. */
}
