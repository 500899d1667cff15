import type { AttemptSpec, LogEntry, Outcome, Progress, TaskHost } from '@millrace/workflow'
import type { AttemptMetrics } from '../worker/worker-api.ts'

/** What an executor needs from its worker while an attempt runs. */
export interface AttemptHost extends Omit<TaskHost, 'log' | 'heartbeat'> {
  /** In order, and before the outcome. May be called very often; the worker bounds and batches it. */
  log(entry: LogEntry): void
  heartbeat(progress?: Progress): void
}

export interface StartedAttempt {
  /**
   * How it ended. Never rejects: what goes wrong with the infrastructure is a failure with a reason. Once it is settled,
   * nothing of the attempt runs any more: no process, no container, no temporary file.
   */
  readonly outcome: Promise<Outcome>
  /** What it took so far, as far as that is known; complete when the outcome is settled. */
  metrics(): AttemptMetrics
  /**
   * Asks the attempt to stop, and makes it when it has not after `graceMs`. Always ends; may be called twice.
   * The outcome is then a failure with this reason, unless the attempt ended by itself before.
   */
  stop(reason: 'cancelled' | 'timeout' | 'lost', options?: { readonly graceMs?: number }): void
}

/**
 * The infrastructure that runs attempts. `process` runs them in child processes of the worker; the same few methods stand
 * for a cluster, where a worker starts a job, follows it, and finds it again after a restart.
 */
export interface Executor extends AsyncDisposable {
  readonly kind: string
  /** Attempts it can take right now, at most as many as it was given slots. */
  readonly free: number
  /** Starts an attempt; one with the same task run and attempt number that is already there is adopted, not started again. */
  start(spec: AttemptSpec, host: AttemptHost): StartedAttempt
  /** Attempts of this worker that outlived a process of it; empty for an executor whose attempts die with the worker. */
  recover(host: (spec: AttemptSpec) => AttemptHost): Promise<readonly { spec: AttemptSpec; started: StartedAttempt }[]>
}
