import type { LogFilter } from './log-entry.ts'
import type { LogQuery } from './log-search.ts'
import type { LogRow } from './log-store.ts'

/** What the page says to the worker that holds a log. */
export type ToLogWorker =
  | { readonly kind: 'open'; readonly taskRun: number; readonly attempt: number }
  /** There may be more of the log; `over` when nothing is added any more. */
  | { readonly kind: 'grown' }
  | { readonly kind: 'filter'; readonly filter: LogFilter }
  | { readonly kind: 'search'; readonly query: LogQuery | null }
  | { readonly kind: 'rows'; readonly from: number; readonly to: number; readonly version: number }
  | { readonly kind: 'row-of'; readonly id: number; readonly line: number }
  | { readonly kind: 'match'; readonly id: number; readonly line: number; readonly direction: 'next' | 'previous' }
  | { readonly kind: 'text'; readonly id: number; readonly limit: number | null }

export interface LogStatus {
  readonly lines: number
  /** Lines that pass the filter. */
  readonly rows: number
  /** Read so far. */
  readonly bytes: number
  readonly isReading: boolean
  /** Whether nothing is added any more and all of it was read. */
  readonly isComplete: boolean
  readonly isKeptWhole: boolean
  readonly problem: { readonly message: string; readonly isMissing: boolean } | null
}

export interface SearchStatus {
  readonly matches: number
  readonly isDone: boolean
  /** The query is no regular expression. */
  readonly problem: string | null
}

/** What it answers. Rows carry the version of the filter that they were asked under. */
export type FromLogWorker =
  | { readonly kind: 'status'; readonly status: LogStatus }
  | { readonly kind: 'rows'; readonly from: number; readonly rows: readonly LogRow[]; readonly version: number }
  | { readonly kind: 'search'; readonly status: SearchStatus }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
