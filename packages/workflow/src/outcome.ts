import type { Recovery } from '@millrace/core'
import type { Json } from './json.ts'

/** Why an attempt failed, for people and for the decision to try again. */
export type FailureReason =
  /** The task threw. */
  | 'error'
  /** One of its timeouts passed. */
  | 'timeout'
  /** Its process ended by itself before the task did. */
  | 'exit'
  /** It went beyond its memory, by our limit or the system's. */
  | 'memory'
  /** The workflow, its package or its parameters could not be loaded. */
  | 'load'
  /** Its worker was not heard of any more. Counted apart from the task's own retries. */
  | 'lost'
  /** Somebody asked for it. */
  | 'cancelled'

/** What is kept of an error; never holds a secret. */
export interface TaskFailure {
  readonly reason: FailureReason
  /** Stable code of the error tree, or `TASK_FAILED`. */
  readonly code: string
  /** At most 4,000 characters. */
  readonly message: string
  /** At most 16,000 characters. */
  readonly stack?: string
  /** Says whether another try can help: `config`, `fatal` and `data` are not tried again. */
  readonly recovery?: Recovery
}

/** How one attempt ended. */
export type Outcome =
  | {
      readonly kind: 'success'
      readonly output: Json
      /** Ids of the direct downstreams a branch chose; the others are skipped. */
      readonly choice?: readonly string[]
    }
  | { readonly kind: 'failure'; readonly failure: TaskFailure }
  | { readonly kind: 'skip'; readonly reason: string }
  | {
      readonly kind: 'defer'
      /** The worker's slot is given back until then. */
      readonly seconds: number
      /** Handed to the next attempt as `context.state`. */
      readonly state?: Json
      readonly reason: string
    }
