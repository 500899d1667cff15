import type { ConnectionConfig, Progress, RunState, TaskRunState, TriggerKind } from './context.ts'
import type { Json } from './json.ts'
import type { ManifestNode } from './manifest.ts'

/** Where the code of a workflow version is: a folder with the installed package, and the module and export inside it. */
export interface WorkflowLocation {
  readonly folder: string
  readonly module: string
  readonly export: string
}

/** Everything one attempt needs, as JSON: what a worker leases and what its executor hands to the process of the task. */
export interface AttemptSpec {
  readonly taskRunId: number
  /** From 1. With `taskRunId` the fencing token: whoever holds another number has lost the task. */
  readonly attempt: number
  readonly run: {
    readonly id: string
    readonly workflow: string
    readonly version: string
    readonly trigger: TriggerKind
    /** ISO 8601. */
    readonly logicalDate: string
    readonly dataInterval: { readonly start: string | null; readonly end: string }
    readonly timezone: string
  }
  readonly node: ManifestNode
  readonly mapIndex: number | null
  readonly item: Json
  readonly params: Readonly<Record<string, Json>>
  readonly variables: Readonly<Record<string, Json>>
  /** Ids of all nodes before this one, whose outputs it may ask for. */
  readonly ancestors: readonly string[]
  /** Of a deferral before. */
  readonly state: Json | null
  /** W3C trace context of the run. */
  readonly traceparent: string | null
  /** Null for an operator. */
  readonly source: { readonly module: string; readonly export: string } | null
  readonly package: { readonly name: string; readonly version: string; readonly sha256: string } | null
}

/** A line of a task's log, as it is kept: one JSON object a line. */
export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** `log`: the task's logger; `stdout`, `stderr`: what it printed; `engine`: about the attempt itself. */
  readonly source: 'log' | 'stdout' | 'stderr' | 'engine'
  readonly text: string
  readonly fields?: Readonly<Record<string, unknown>>
}

/** What a running task asks of the world around it. Implemented in process, over a pipe and over HTTP. */
export interface TaskHost {
  /** Output of a node before this one; of a mapped node an array. */
  output(node: string): Promise<Json>
  connection(name: string): Promise<ConnectionConfig>
  secret(name: string): Promise<string>
  log(entry: LogEntry): void
  heartbeat(progress?: Progress): void
  trigger(
    workflow: string,
    options: { readonly params?: Readonly<Record<string, Json>>; readonly key?: string; readonly logicalDate?: string },
  ): Promise<string>
  runState(runId: string): Promise<RunState>
  findRun(workflow: string, at: string): Promise<{ readonly runId: string; readonly state: RunState } | null>
  taskState(runId: string, node: string): Promise<TaskRunState | null>
}
