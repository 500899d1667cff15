import type { Recovery } from '@millrace/core'
import type { AttemptSpec, LogEntry, Outcome, Progress } from '@millrace/workflow'

/** File descriptors of the process of a task. It writes its messages blocking, so that a task that never yields is held up. */
export const inboxDescriptor = 3
export const outboxDescriptor = 4

export type StopReason = 'cancelled' | 'timeout' | 'lost'

/** What a worker says to the process of a task. The end of the channel asks it to end. */
export type HostMessage =
  | {
      readonly kind: 'start'
      readonly spec: AttemptSpec
      /** Where the package of the workflow is installed; null for an operator. */
      readonly folder: string | null
      readonly logLimitBytes: number
      /** How long a task that was told to stop is waited for, in milliseconds. */
      readonly graceMs: number
    }
  | { readonly kind: 'stop'; readonly reason: StopReason }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: WireError }

export const askableMethods = ['output', 'connection', 'secret', 'trigger', 'runState', 'findRun', 'taskState'] as const
export type AskableMethod = (typeof askableMethods)[number]

/** What the process of a task says to its worker, in order. */
export type TaskMessage =
  /** Once, when it can take an attempt. */
  | { readonly kind: 'ready' }
  /** It has an attempt: from here on it may have done something. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'log'; readonly entry: LogEntry }
  /** How many bytes of the log were not kept so far. */
  | { readonly kind: 'dropped'; readonly bytes: number }
  | { readonly kind: 'heartbeat'; readonly progress?: Progress }
  | { readonly kind: 'ask'; readonly id: number; readonly method: AskableMethod; readonly args: readonly unknown[] }
  | EndedMessage

export interface EndedMessage {
  readonly kind: 'ended'
  readonly outcome: Outcome
  /** Whether it had been asked to stop before it ended. */
  readonly stopped: boolean
  /** What the task left behind, such as `Timeout`, in words; null: nothing, the process can be used again. */
  readonly leftBehind: string | null
  /** Whether it started processes of its own. */
  readonly spawned: boolean
  readonly cpuMs: number
  /** Resident memory after it, in bytes. */
  readonly memoryBytes: number
}

/** An error of the tree, as it crosses the channel. */
export interface WireError {
  readonly recovery: Recovery
  readonly code: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}
