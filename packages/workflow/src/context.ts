import type { Meter, Tracer } from '@opentelemetry/api'
import type { Json } from './json.ts'
import type { NodeRef, OutputOf } from './task.ts'

export type TriggerKind = 'manual' | 'schedule' | 'backfill' | 'workflow' | 'test'

export interface RunInfo {
  /** Of the engine: a number as text. Under another engine, what it calls its run. */
  readonly id: string
  readonly workflow: string
  readonly version: string
  readonly trigger: TriggerKind
  /** The moment the run stands for: the tick of its schedule, or when it was asked for. */
  readonly logicalDate: Date
  /** What the run is to work on: from the previous tick to this one. No start without a schedule. */
  readonly dataInterval: { readonly start: Date | null; readonly end: Date }
  /** Zone of the schedule, for the dates of templates. */
  readonly timezone: string
}

/** Values of a connection as its connector's schema has them, secrets included, or a URI. */
export interface ConnectionConfig {
  readonly connector: string
  readonly values: Readonly<Record<string, string | number | boolean>>
  /** Names of values that are secret, besides those whose names say so. */
  readonly secretFields?: readonly string[]
}

/** Connections that the task names in `connections`; others are refused. */
export interface TaskConnections {
  /** @throws ConfigError `CONNECTION_UNKNOWN`, `CONNECTION_NOT_DECLARED` */
  get(name: string): Promise<ConnectionConfig>
}

/** Secrets that the task names in `secrets`; others are refused. They are masked in its logs. */
export interface TaskSecrets {
  /** @throws ConfigError `SECRET_UNKNOWN`, `SECRET_NOT_DECLARED` */
  get(name: string): Promise<string>
}

type LogFields = Readonly<Record<string, unknown>>

export interface TaskLog {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/** How far a task is; shown while it runs. */
export interface Progress {
  readonly done: number
  readonly total?: number
  /** Such as `rows`. */
  readonly unit?: string
  /** Moved so far, where that is known beside what is counted. */
  readonly bytes?: number
}

/** Runs of other workflows. */
export interface WorkflowControl {
  /** Starts a run; with the key of a run that exists, gives that one. Returns its id. */
  trigger(
    workflow: string,
    options?: { readonly params?: Readonly<Record<string, Json>>; readonly key?: string; readonly logicalDate?: Date },
  ): Promise<string>
  state(runId: string): Promise<RunState>
  /** The run of a workflow whose data interval holds this moment, or null. */
  find(workflow: string, at: Date): Promise<{ readonly runId: string; readonly state: RunState } | null>
  /** State of one node of a run, or null where it has no such node. */
  taskState(runId: string, node: string): Promise<TaskRunState | null>
}

export const runStates = ['queued', 'running', 'success', 'failed', 'cancelled'] as const
export type RunState = (typeof runStates)[number]

export const taskRunStates = [
  /** Its upstreams have not decided it yet. */
  'waiting',
  /** In the queue, perhaps only from a later moment on: a retry, a deferral. */
  'ready',
  /** A worker holds its lease. */
  'running',
  /** Mapped: stands for its items and ends with them. */
  'expanded',
  'success',
  'failed',
  'skipped',
  'upstream_failed',
  'cancelled',
] as const
export type TaskRunState = (typeof taskRunStates)[number]

/** All a task sees of the world that runs it. */
export interface TaskContext<Params = Readonly<Record<string, Json>>, Item = unknown> {
  readonly run: RunInfo
  readonly task: { readonly id: string; readonly mapIndex: number | null; readonly attempt: number }
  readonly params: Params
  /** What a mapped task is to work on: one element of the output it is mapped over. */
  readonly item: Item
  /** What an attempt before left when it deferred. */
  readonly state: Json | undefined
  readonly variables: Readonly<Record<string, Json>>
  /**
   * Output of a task before this one in the graph; of a mapped one, the outputs of its items in order. Null where it was
   * skipped.
   * @throws ConfigError `OUTPUT_UNKNOWN` when the node is not upstream of this one
   */
  output<Ref extends NodeRef>(node: Ref): Promise<OutputOf<Ref>>
  /**
   * Outputs of the items of a mapped task, in order; null for an item that was skipped.
   * @throws ConfigError `OUTPUT_UNKNOWN`; DataError `OUTPUT_NOT_A_LIST`
   */
  outputs<Ref extends NodeRef>(node: Ref): Promise<readonly OutputOf<Ref>[]>
  readonly connections: TaskConnections
  readonly secrets: TaskSecrets
  readonly workflows: WorkflowControl
  readonly log: TaskLog
  readonly meter: Meter
  readonly tracer: Tracer
  /** Fires when the task is to stop: cancelled, out of time, or its worker lost it. `reason` says why. */
  readonly signal: AbortSignal
  /** An empty folder of this attempt's own, removed after it. */
  readonly scratch: string
  /** Says that the task lives, and how far it is. Cheap: call it as often as there is something to say. */
  heartbeat(progress?: Progress): void
  /** Fills Jinja2 templates in texts, lists and maps with the documented names; leaves other values alone. */
  render<T extends Json>(value: T): T
}
