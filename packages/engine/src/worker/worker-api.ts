import type { AttemptSpec, ConnectionConfig, Json, Outcome, Progress, RunState, TaskRunState } from '@millrace/workflow'

/** Names one attempt; every write of a worker carries it, and is refused when the attempt is not its any more. */
export interface AttemptRef {
  readonly taskRunId: number
  readonly attempt: number
}

/** An attempt and the worker that holds its lease: others are told nothing about it, and get nothing of it. */
export interface LeaseRef extends AttemptRef {
  readonly workerId: string
}

export interface WorkerInfo {
  /** Made by the worker, a UUID; stays the same for the life of its process. */
  readonly id: string
  readonly name: string
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly queues: readonly string[]
  readonly slots: number
}

export interface ExchangeRequest {
  readonly worker: WorkerInfo
  /** Ended attempts, each sent again until it is answered. */
  readonly results: readonly AttemptResult[]
  /** All attempts that the worker holds: keeps their leases. */
  readonly running: readonly (AttemptRef & { readonly progress?: Progress | null })[]
  /** How many more it can take. 0 while it drains. */
  readonly want: number
  /** How long the answer may wait for something to do, in milliseconds. 0 answers at once. */
  readonly waitMs: number
}

export interface AttemptResult extends AttemptRef {
  readonly outcome: Outcome
  readonly metrics?: AttemptMetrics
  /** What the task told last; without it, what the engine was told before stays. */
  readonly progress?: Progress | null
}

export interface AttemptMetrics {
  /** Highest resident memory seen, in bytes. */
  readonly peakMemory?: number
  /** CPU time, in milliseconds. */
  readonly cpuMs?: number
}

export interface ExchangeAnswer {
  /** Attempts whose outcome is now durable, or was refused because the worker had lost them. Both are settled. */
  readonly settled: readonly (AttemptRef & { readonly accepted: boolean })[]
  /** Attempts of `running` that are not this worker's any more: stop them and drop their results. */
  readonly lost: readonly AttemptRef[]
  /** Attempts of `running` that somebody wants to end, or whose time is over. */
  readonly stop: readonly (AttemptRef & { readonly reason: 'cancelled' | 'timeout' })[]
  readonly tasks: readonly AttemptSpec[]
  /** Until when the leases hold without another exchange, in milliseconds from the answer. */
  readonly leaseMs: number
}

/**
 * All that a worker asks of the engine. One implementation calls the engine in the same process, one speaks HTTP; both are
 * held to the same suite. Every method may fail with a TransientError while the server is away: the worker keeps what it
 * has and tries again. What is asked for an attempt that is not the worker's any more fails with DataError `ATTEMPT_LOST`.
 */
export interface WorkerApi {
  exchange(request: ExchangeRequest, signal: AbortSignal): Promise<ExchangeAnswer>
  /**
   * Adds to the log of an attempt. `offset` is the number of bytes sent before: what the server has already is not added
   * twice. Whole lines of JSON.
   */
  appendLog(ref: LeaseRef & { readonly offset: number }, lines: Uint8Array): Promise<void>
  /** Output of a node of the attempt's run; of a mapped node an array in order. */
  output(lease: LeaseRef, node: string): Promise<Json>
  /** The zip of a package by its content hash. */
  package(sha256: string, signal: AbortSignal): Promise<Uint8Array>
  /** Saved connections and secrets of the platform; null: it has none of that name, and the worker looks for its own. */
  connection(lease: LeaseRef, name: string): Promise<ConnectionConfig | null>
  secret(lease: LeaseRef, name: string): Promise<string | null>
  trigger(
    lease: LeaseRef,
    request: {
      readonly workflow: string
      readonly params?: Readonly<Record<string, Json>>
      readonly key?: string
      readonly logicalDate?: string
    },
  ): Promise<string>
  runState(lease: LeaseRef, runId: string): Promise<RunState>
  findRun(
    lease: LeaseRef,
    query: { readonly workflow: string; readonly at: string },
  ): Promise<{ readonly runId: string; readonly state: RunState } | null>
  taskState(lease: LeaseRef, runId: string, node: string): Promise<TaskRunState | null>
  /** The worker ends: what it still holds goes back to the queue at once, without a retry being taken. */
  goodbye(workerId: string): Promise<void>
}
