export type { AttemptSpec, LogEntry, TaskHost, WorkflowLocation } from './attempt.ts'
export {
  type ConnectionConfig,
  type Progress,
  type RunInfo,
  type RunState,
  runStates,
  type TaskConnections,
  type TaskContext,
  type TaskLog,
  type TaskRunState,
  type TaskSecrets,
  type TriggerKind,
  taskRunStates,
  type WorkflowControl,
} from './context.ts'
export type { Json, JsonSchema } from './json.ts'
export type { CatchupPolicy, ManifestNode, ManifestSchedule, WorkflowManifest } from './manifest.ts'
export type { FailureReason, Outcome, TaskFailure } from './outcome.ts'
export { resolveParams } from './params.ts'
export { DeferTask, SkipTask } from './signals.ts'
export {
  type AnyTask,
  BranchTask,
  type NodeRef,
  Operator,
  type OutputOf,
  refName,
  Task,
  type TaskClass,
} from './task.ts'
export {
  defaultTaskOptions,
  type Isolation,
  type Resources,
  type TaskOptions,
  type TaskOptionsInput,
  type Timeouts,
} from './task-options.ts'
export { type Decision, decide, type TriggerRule, triggerRules, type UpstreamCounts } from './trigger-rule.ts'
