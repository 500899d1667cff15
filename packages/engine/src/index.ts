export type { ArtifactStore } from './artifacts.ts'
export type { AttemptHost, Executor, StartedAttempt } from './executors/executor.ts'
export type {
  AttemptMetrics,
  AttemptRef,
  ExchangeAnswer,
  ExchangeRequest,
  WorkerApi,
  WorkerInfo,
} from './worker/worker-api.ts'
