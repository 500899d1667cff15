import type { Clock } from '@millrace/core'
import type { LogEntry } from '../attempt.ts'
import type { ConnectionConfig, Progress, RunState, TaskContext, TaskRunState, TriggerKind } from '../context.ts'
import type { Json } from '../json.ts'
import type { TaskFailure } from '../outcome.ts'
import type { NodeRef, OutputOf } from '../task.ts'
import type { AnyWorkflow } from '../workflow.ts'

/** Values by name, or a function that finds them; undefined: there is none. */
export type Lookup<T> = Readonly<Record<string, T>> | ((name: string) => Promise<T | undefined> | T | undefined)

export interface RunWorkflowOptions {
  readonly params?: Readonly<Record<string, unknown>>
  /** The moment the run stands for. Default: now. */
  readonly logicalDate?: Date
  /** Default `manual`. */
  readonly trigger?: TriggerKind
  /** Attempts at a time. Default: the number of cores, at least 4. */
  readonly concurrency?: number
  /** Slots by pool. Pools that are not named here have no limit. */
  readonly pools?: Readonly<Record<string, number>>
  readonly connections?: Lookup<ConnectionConfig>
  readonly secrets?: Lookup<string>
  readonly variables?: Readonly<Record<string, Json>>
  /** Workflows that tasks may trigger; they are run here as well. */
  readonly workflows?: readonly AnyWorkflow[]
  /** Runs these nodes only, as if those before them had succeeded. */
  readonly only?: readonly NodeRef[]
  /** Outputs of nodes that `only` leaves out, by id. */
  readonly outputs?: Readonly<Record<string, Json>>
  /** Functions to run in place of tasks, by id. */
  readonly replace?: Readonly<Record<string, (context: TaskContext) => unknown>>
  /** Default: the system's. */
  readonly clock?: Clock
  /** Waits before a retry, and while a task defers. Default: really. */
  readonly wait?: (seconds: number, signal: AbortSignal) => Promise<void>
  /** Cancels the run. */
  readonly signal?: AbortSignal
  /** How long tasks are waited for after the run was told to stop. Default 10,000. */
  readonly graceMs?: number
  /** Told of everything, in order. It must not throw. */
  readonly onEvent?: (event: RunEvent) => void
}

/** What happens in a run. `runId` tells the runs that tasks trigger from the one they are in. */
export type RunEvent = { readonly runId: string; readonly at: Date } & (
  | { readonly kind: 'run'; readonly workflow: string; readonly state: RunState }
  | {
      readonly kind: 'task'
      readonly node: string
      readonly mapIndex: number | null
      readonly state: TaskRunState
      /** 0 before the first. */
      readonly attempt: number
      /** Why it is in this state: what it waits for, why it was skipped. */
      readonly reason?: string
      /** Of the attempt before, also when it will be tried again. */
      readonly failure?: TaskFailure
      /** When it is to run again. */
      readonly nextAt?: Date
    }
  | {
      readonly kind: 'log'
      readonly node: string
      readonly mapIndex: number | null
      readonly attempt: number
      readonly entry: LogEntry
    }
  | {
      readonly kind: 'progress'
      readonly node: string
      readonly mapIndex: number | null
      readonly attempt: number
      readonly progress: Progress
    }
)

export interface TaskRunResult {
  readonly id: string
  /** Of an item of a mapped node; null for the node itself. */
  readonly mapIndex: number | null
  readonly state: TaskRunState
  /** How often it was started. */
  readonly attempts: number
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  /** Null unless it succeeded. */
  readonly output: Json
  readonly failure: TaskFailure | null
  /** Why it was skipped, or not run. */
  readonly reason: string | null
}

export interface WorkflowRunResult {
  readonly runId: string
  /** `failed` when any task failed. */
  readonly state: 'success' | 'failed' | 'cancelled'
  readonly params: Readonly<Record<string, Json>>
  readonly startedAt: Date
  readonly endedAt: Date
  /** Of the run itself: it took too long. */
  readonly failure: TaskFailure | null
  /** In the order of the graph; the items of a mapped node after it. */
  readonly tasks: readonly TaskRunResult[]
  /**
   * Output of a task; null where it was skipped.
   * @throws ConfigError `OUTPUT_NOT_AVAILABLE` when it did not succeed, with the reason
   */
  output<Ref extends NodeRef>(node: Ref): OutputOf<Ref>
  /** Outputs of the items of a mapped task. */
  outputs<Ref extends NodeRef>(node: Ref): readonly OutputOf<Ref>[]
  task(node: NodeRef, mapIndex?: number): TaskRunResult
}
