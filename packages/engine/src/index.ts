export type { ArtifactStore } from './artifacts.ts'
export { createEngine, type Engine, type EngineOptions, type FailureReporting } from './engine.ts'
export type { AttemptHost, Executor, StartedAttempt } from './executors/executor.ts'
export { type ProcessExecutorOptions, processExecutor } from './executors/process/process-executor.ts'
export { type FailureBus, failureBus, type RunFailure } from './failure-bus/failure-bus.ts'
export { type ReportOptions, reportFailure } from './failure-bus/report-failure.ts'
export { type FailureReportsOptions, startFailureReports } from './failure-events/failure-reports.ts'
export { localArtifacts } from './local-artifacts.ts'
export type { RetentionOptions } from './retention.ts'
export { logKey, runFolder } from './runs/attempt-log.ts'
export { cancelHeldRun, cancelRun } from './runs/cancel-run.ts'
export { type ClaimRequest, claimTasks } from './runs/claim.ts'
export { type CreatedRun, createRun, insertRun, type NewRun } from './runs/create-run.ts'
export { channels, notify } from './runs/events.ts'
export { explainTaskRuns } from './runs/explain.ts'
export { returnLeases } from './runs/leases.ts'
export { isOver } from './runs/lifecycle.ts'
export { taskRunOutput } from './runs/outputs.ts'
export {
  type ClearRequest,
  clearTasks,
  clearTasksWithin,
  type MarkRequest,
  markTask,
  markTaskWithin,
} from './runs/reopen.ts'
export { lockRun, lockRuns, type RunRow, readRun } from './runs/run-row.ts'
export { type TryNowRequest, tryNow, tryNowWithin } from './runs/try-now.ts'
export { nodeAt, type VersionGraph, VersionGraphs } from './runs/version-graph.ts'
export {
  type Backfill,
  type BackfillState,
  type BackfillVerb,
  cancelBackfill,
  cancelRunsOfBackfills,
  changeBackfill,
  createBackfill,
  getBackfill,
  insertBackfill,
  listBackfills,
  pauseBackfill,
  resumeBackfill,
} from './schedule/backfill.ts'
export { type NewBackfill, type PlannedBackfill, planBackfill } from './schedule/plan-backfill.ts'
export { type Scheduler, type SchedulerOptions, startScheduler } from './schedule/scheduler.ts'
export { migrateEngine } from './schema.ts'
export { type EngineWorkerApiOptions, engineWorkerApi } from './worker/engine-worker-api.ts'
export { type HttpWorkerApiOptions, httpWorkerApi } from './worker/http-worker-api.ts'
export type { OwnValues } from './worker/own-values.ts'
export { packageInstalls } from './worker/package-installs.ts'
export { listenForWork, type WorkSignals } from './worker/work-signals.ts'
export { startWorker, type Worker, type WorkerOptions } from './worker/worker.ts'
export type {
  AttemptMetrics,
  AttemptRef,
  ExchangeAnswer,
  ExchangeRequest,
  LeaseRef,
  WorkerApi,
  WorkerInfo,
} from './worker/worker-api.ts'
export {
  type DeployedVersion,
  deployWorkflow,
  findVersion,
  findWorkflow,
  insertVersion,
  packageKey,
  pauseWithin,
  pauseWorkflow,
  retireWorkflow,
  type WorkflowRow,
} from './workflows.ts'
