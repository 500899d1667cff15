export { z } from 'zod'
export type { AttemptSpec, LogEntry, TaskHost, WorkflowLocation } from './attempt.ts'
export { loadWorkflow } from './build/load-workflow.ts'
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
export type { InlineOptions } from './inlined-params.ts'
export type { Json, JsonSchema } from './json.ts'
export type { CatchupPolicy, ManifestNode, ManifestSchedule, ParamSource, WorkflowManifest } from './manifest.ts'
export type { NodeGroup } from './node-group.ts'
export type { GroupOptions, NodeOptions, SpacerOptions } from './node-options.ts'
export type { FailureReason, Outcome, TaskFailure } from './outcome.ts'
export { type HasParams, resolveParams } from './params.ts'
export { isRetryable, retryPauseSeconds } from './retry-policy.ts'
export { printerOfCurrentTask } from './run-task/printed-lines.ts'
export { type RunTaskOptions, runTask } from './run-task/run-task.ts'
export { connectionSecrets } from './run-task/secret-values.ts'
export { taskFailure } from './run-task/task-failure.ts'
export { type TemplateSource, type TemplateValues, templateValues } from './run-task/template-values.ts'
export type {
  Lookup,
  RunEvent,
  RunWorkflowOptions,
  TaskRunResult,
  WorkflowRunResult,
} from './run-workflow/run-options.ts'
export { runWorkflow } from './run-workflow/run-workflow.ts'
export { type VirtualTime, virtualTime } from './run-workflow/virtual-time.ts'
export { DeferTask, SkipTask } from './signals.ts'
export { StopTask } from './stop-task.ts'
export {
  type AnyTask,
  BranchTask,
  isOperator,
  isTask,
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
export { type AnyWorkflow, isWorkflow, Workflow, type WorkflowOptions } from './workflow.ts'
export type { WorkflowGraph, WorkflowGroup, WorkflowNode } from './workflow-graph.ts'
export { versionedName, type WorkflowIdentity } from './workflow-names.ts'
