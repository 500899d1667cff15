import type { TinybirdClient } from '@millrace/tinybird'
import type { TableConnector } from '../kit/connector.ts'
import type { SchemaContract } from '../kit/sink.ts'
import type { TableRef } from '../kit/source.ts'
import type { StreamConnector } from '../kit/stream.ts'

/** Where messages go: a data source over the Events API, or a table. */
export type StreamTarget =
  | { readonly kind: 'tinybird'; readonly client: Pick<TinybirdClient, 'appendEvents'>; readonly dataSource: string }
  | { readonly kind: 'table'; readonly connector: TableConnector; readonly table: TableRef }

export interface StreamSpec {
  readonly from: {
    readonly connector: StreamConnector
    readonly stream: string
    /** Consumers of one group share the messages. Default `millrace`. */
    readonly group?: string
    /** Where a group begins that has no committed position. Default `earliest`. */
    readonly position?: 'earliest' | 'latest'
  }
  readonly to: StreamTarget
  /** What was gathered is written and committed as soon as one of these is reached. */
  readonly flush?: {
    /** Default 10,000 messages. */
    readonly rows?: number
    /** Of payloads. Default 8,000,000. */
    readonly bytes?: number
    /** Since the first message of the batch came. Default 2,000. */
    readonly ms?: number
  }
  /** File to which messages go, one a line, that the destination cannot take. Made with the first of them. */
  readonly deadLetter: string
  /** `json`: each message is one object, whose keys are columns; `text`: it becomes the column `payload`. Default `json`. */
  readonly payload?: 'json' | 'text'
  /** Adds `_key`, `_position` and `_time` of the message. Default false. */
  readonly metadata?: boolean
  /** Larger messages are dead letters. Default 8,000,000. */
  readonly maxMessageBytes?: number
  /** Keys without a column: `evolve` adds one, and widens columns of whole numbers; `discard` drops them, `freeze` makes the message a dead letter. Default `evolve`. */
  readonly contract?: SchemaContract
  /** Stops with DataError `TOO_MANY_DEAD_LETTERS`, nothing of the batch committed, beyond so many. Default: no limit. */
  readonly maxDeadLetters?: number
  /** Ends when nothing is left to read instead of waiting for more. Default false. */
  readonly drain?: boolean
  /** How long a broker or destination that fails transiently is tried again, at the start 15,000 at most. Default 900,000. */
  readonly retryForMs?: number
}

export interface StreamOptions {
  /** Asks to stop: what was pulled is still written and committed. */
  readonly signal?: AbortSignal
  /** Stops at once: nothing more is committed. */
  readonly abortSignal?: AbortSignal
  readonly onEvent?: (event: StreamEvent) => void
  /** Folder for positions of brokers that keep none. */
  readonly stateDirectory?: string
}

/** Since the start of this process. */
export interface StreamTotals {
  readonly messages: number
  /** Of payloads. */
  readonly bytes: number
  /** Written to the destination, and committed. */
  readonly rows: number
  readonly deadLetters: number
  /** Rows that Tinybird took into its quarantine. */
  readonly quarantined: number
  readonly flushes: number
}

/** All JSON-safe. */
export type StreamEvent =
  | { readonly type: 'started'; readonly from: string; readonly group: string; readonly to: string }
  | {
      readonly type: 'flushed'
      readonly messages: number
      readonly rows: number
      readonly bytes: number
      readonly deadLetters: number
      readonly quarantined: number
      readonly durationMs: number
      /** Not committed yet; null when the broker does not say, and between looks at it. */
      readonly lag: number | null
      readonly totals: StreamTotals
    }
  | { readonly type: 'dead-letter'; readonly position: string; readonly code: string; readonly message: string }
  | { readonly type: 'columns-added'; readonly columns: readonly { readonly name: string; readonly type: string }[] }
  | {
      readonly type: 'columns-widened'
      readonly columns: readonly { readonly name: string; readonly from: string; readonly to: string }[]
    }
  | {
      readonly type: 'retry'
      readonly what: 'broker' | 'destination'
      readonly attempt: number
      readonly delayMs: number
      readonly error: { readonly code: string; readonly message: string }
    }
  | { readonly type: 'stopped'; readonly reason: 'asked' | 'drained'; readonly totals: StreamTotals }
