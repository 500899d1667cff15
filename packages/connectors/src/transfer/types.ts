import type { MillraceError } from '@millrace/core'
import type { Column, ContentHash, LossEntry, UnrepresentablePolicy } from '@millrace/formats'
import type { TableConnector } from '../kit/connector.ts'
import type { PublishResult, SchemaChange, SchemaContract, Target, WriteMode } from '../kit/sink.ts'
import type { CursorMark, FormatOptions } from '../kit/source.ts'

export type VerifyLevel = 'none' | 'count' | 'content'

/** One end of a transfer. */
export interface Endpoint {
  readonly connector: TableConnector
  /** How a person names this end: a URI without its password, or a connection's name. Kept in the manifest so that `verify` can reach it again. */
  readonly address: string
}

/** How files are written; the path comes from `into` or the connector's own path. */
export interface FileLayout {
  readonly format: 'csv' | 'ndjson' | 'parquet'
  readonly compression: 'none' | 'gzip' | 'zstd'
  readonly csv?: { readonly header: boolean; readonly lineEnd: 'lf' | 'crlf' }
  readonly splitRows?: number
  readonly splitBytes?: number
  /** Columns that become folders, outermost first. */
  readonly partitionBy?: readonly string[]
}

export interface TransferSpec {
  readonly from: Endpoint & {
    /** Either a query, or table patterns (`orders`, `public.*`); neither: the source's only relation (a file). */
    readonly query?: string
    readonly tables?: readonly string[]
  }
  readonly to: Endpoint & {
    /**
     * Name at the destination: a table for a database, a path for files. May hold `{table}` and
     * `{schema}` when several tables are copied. Default for tables: the table's own name.
     */
    readonly into?: string
    /** Required when the destination is files. */
    readonly file?: FileLayout
  }
  /** Default `replace`; with a `cursor` and no mode: `merge` when there are keys, else `append`. */
  readonly mode?: WriteMode
  /** Columns that identify a row; for merge and insert-only the default is the source table's primary key. */
  readonly keys?: readonly string[]
  /** Incremental: only rows after the last published (cursor, keys) are read. */
  readonly cursor?: string
  /** Seconds for times, units for numbers; reads that far behind the watermark again. Needs merge or insert-only. */
  readonly lookback?: number
  /** Chunks in flight at once. Default 1. */
  readonly parallel?: number
  /** Default `count`. */
  readonly verify?: VerifyLevel
  /** Default `error`. */
  readonly onUnrepresentable?: UnrepresentablePolicy
  /** Default `evolve`. */
  readonly contract?: SchemaContract
  readonly options?: FormatOptions
  /** Lets a replace publish no rows over existing ones. Default false. */
  readonly allowEmpty?: boolean
  /** Forgets an interrupted load of the same spec instead of resuming it. Default false. */
  readonly restart?: boolean
  /** Further attempts after a transient failure, each resuming from the finished chunks. Default 2. */
  readonly retries?: number
}

export interface TransferOptions {
  readonly onEvent?: (event: TransferEvent) => void
  readonly signal?: AbortSignal
  /** Folder in which manifests are written, as `manifests/…json`. */
  readonly stateDirectory: string
  /** Exact path of the manifest; only for a transfer of one table. */
  readonly manifestPath?: string
  /** Version of Millrace, for the manifest. */
  readonly version?: string
}

/** All JSON-safe, printed as they are by `--json`. `table` names the source relation for people and is unique in a transfer. */
export type TransferEvent =
  | {
      readonly type: 'planned'
      readonly tables: readonly {
        readonly table: string
        readonly target: string
        readonly estimatedRows: number | null
        readonly estimatedBytes: number | null
      }[]
    }
  | {
      readonly type: 'table-started'
      readonly table: string
      readonly target: string
      readonly chunks: number
      readonly resumedChunks: number
      readonly resumedRows: number
      readonly estimatedRows: number | null
    }
  /** Rows and bytes (as they travel, before compression) since the table started in this process, without resumed rows. At most ten a second and table. */
  | {
      readonly type: 'progress'
      readonly table: string
      readonly rows: number
      readonly bytes: number
      readonly chunksDone: number
    }
  | { readonly type: 'phase'; readonly table: string; readonly phase: 'extract' | 'verify' | 'publish' }
  | { readonly type: 'warning'; readonly table: string | null; readonly code: string; readonly message: string }
  | {
      readonly type: 'retry'
      readonly attempt: number
      readonly delayMs: number
      readonly error: { readonly code: string; readonly message: string }
    }
  | {
      readonly type: 'table-finished'
      readonly table: string
      readonly target: string
      readonly rows: number
      readonly bytes: number
      readonly durationMs: number
      readonly manifestPath: string
      readonly manifest: Manifest
    }
  | {
      readonly type: 'table-failed'
      readonly table: string
      readonly target: string
      readonly resumable: boolean
      readonly error: { readonly code: string; readonly message: string }
    }

export interface TransferResult {
  readonly manifests: readonly { readonly path: string; readonly manifest: Manifest }[]
}

/** The record of one load. Holds no secret. */
export interface Manifest {
  readonly manifestVersion: 1
  readonly millrace: string
  /** Names this load; a resumed load keeps it. */
  readonly load: string
  readonly from: {
    readonly connector: string
    readonly address: string
    readonly table?: string
    readonly query?: string
    /** Where the snapshot stood: LSN, GTID, … */
    readonly position: Readonly<Record<string, unknown>>
  }
  readonly to: { readonly connector: string; readonly address: string; readonly target: Target }
  readonly mode: WriteMode
  readonly keys: readonly string[]
  readonly columns: readonly (Column & { readonly targetType: string })[]
  readonly startedAt: string
  readonly finishedAt: string
  readonly durationMs: number
  readonly rows: number
  readonly bytes: number
  readonly chunks: { readonly total: number; readonly resumed: number }
  readonly proof: Proof
  readonly losses: readonly LossEntry[]
  readonly drift: {
    readonly changes: readonly SchemaChange[]
    readonly discarded: readonly string[]
    readonly missing: readonly string[]
  }
  readonly incremental?: {
    readonly cursor: string
    readonly after: CursorMark | null
    readonly mark: CursorMark | null
    readonly nullCursors: number
    readonly lookback?: number
  }
  readonly result: PublishResult
}

export interface Proof {
  readonly level: VerifyLevel
  /** What the source says it holds, under the snapshot. */
  readonly source?: ProofSide
  /** What was staged at the destination, just before it became visible. */
  readonly staged?: ProofSide
  /** The whole target just after the publish; the same as `staged` for a replace. */
  readonly target?: ProofSide
  /** Columns that the hash covers; a column with nulled or altered values cannot be equal and is left out. */
  readonly hashedColumns?: readonly string[]
  readonly excludedColumns?: readonly { readonly column: string; readonly reasons: readonly string[] }[]
}

export type ProofSide = { readonly rows: number; readonly hash?: ContentHash['hash'] }

export interface LossForecast {
  readonly column: string
  readonly reason: string
  /** One sentence: which values, and what the chosen policy does with them. */
  readonly message: string
}

export interface TablePlan {
  readonly table: string
  readonly target: string
  readonly targetExists: boolean
  readonly mode: WriteMode
  readonly keys: readonly string[]
  readonly columns: readonly {
    readonly name: string
    readonly sourceType: string
    readonly type: Column['type']
    readonly targetType: string
    readonly nullable: boolean
  }[]
  readonly changes: readonly SchemaChange[]
  readonly conflicts: readonly string[]
  readonly discarded: readonly string[]
  readonly missing: readonly string[]
  readonly forecast: readonly LossForecast[]
  readonly wireFormat: string
  readonly chunks: number
  readonly estimatedRows: number | null
  readonly estimatedBytes: number | null
  readonly targetRows: number | null
  readonly after: CursorMark | null
  readonly interrupted: { readonly status: 'loading' | 'published'; readonly finishedChunks: number } | null
}

export interface TransferPlan {
  readonly tables: readonly TablePlan[]
  /** Tables that match beyond `mostTables`; they were not looked at. */
  readonly moreTables: number
}

export interface PlanOptions {
  readonly signal?: AbortSignal
  /** Default: all that match. */
  readonly mostTables?: number
  /** Told what a table cannot be copied for, so that the others are planned. Default: the first such error is thrown. */
  readonly onTableProblem?: (table: string, error: MillraceError) => void
  /** Told which end is gone to next, for whoever says where an error came from. */
  readonly onEnd?: (end: 'from' | 'to') => void
}

export interface VerifyOptions {
  readonly signal?: AbortSignal
  /** Opens a connector for an address of a manifest. */
  readonly connect: (end: 'from' | 'to', connector: string, address: string) => TableConnector | Promise<TableConnector>
  /** Also recomputes the source's side. Default false. */
  readonly source?: boolean
}

export interface VerifyResult {
  readonly equal: boolean
  readonly expected: ProofSide
  /** Null when the target cannot be read as it was written. */
  readonly target: ProofSide | null
  readonly source?: ProofSide
  /** Sentences for people: what was compared and what differs. */
  readonly findings: readonly string[]
}
