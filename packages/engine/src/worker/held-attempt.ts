import type { AttemptSpec, Progress } from '@millrace/workflow'
import type { Executor, StartedAttempt } from '../executors/executor.ts'
import type { StopReason } from '../task-host/messages.ts'
import { stopTexts } from '../task-host/stop-texts.ts'
import { attemptHost } from './attempt-host.ts'
import { type AttemptLogOptions, attemptLog } from './attempt-log.ts'
import type { OwnValues } from './own-values.ts'
import { secretMask } from './secret-mask.ts'
import type { AttemptRef, AttemptResult, WorkerApi } from './worker-api.ts'

export interface HeldAttemptOptions {
  readonly api: WorkerApi
  readonly executor: Executor
  readonly workerId: string
  readonly own: OwnValues
  readonly logLimitBytes: number
  readonly tryLogAgain: AttemptLogOptions['tryAgain']
  /** By this worker's clock, `performance.now()`. */
  readonly leaseUntil: number
  readonly onProgress: () => void
  /** Its slot is free. */
  readonly onEnded: (attempt: HeldAttempt) => void
  /** Its result can be sent, or it is lost and over. */
  readonly onResult: (attempt: HeldAttempt) => void
  readonly onLogLost: (attempt: HeldAttempt, bytes: number) => void
}

/**
 * An attempt that a worker has the lease of:
 *
 * waiting (for a slot) → running → ended (its log is being sent) → has a result (to be sent until it is settled).
 * In each of them it can be lost; then it is stopped, and nothing of it is sent any more.
 */
export class HeldAttempt {
  readonly spec: AttemptSpec
  readonly ref: AttemptRef
  readonly heldSince = performance.now()
  startedAt: number | undefined
  endedAt: number | undefined
  leaseUntil: number
  /** Told by the task and not to the server yet. */
  progress: Progress | null | undefined
  result: AttemptResult | undefined
  /** The result is on its way. */
  isSending = false
  isLost = false
  isStopping = false
  readonly #options: HeldAttemptOptions
  #started: StartedAttempt | undefined
  #dropLog: (() => void) | undefined
  #lastProgress: Progress | undefined
  readonly #stopped = new AbortController()

  constructor(spec: AttemptSpec, options: HeldAttemptOptions) {
    this.spec = spec
    this.ref = { taskRunId: spec.taskRunId, attempt: spec.attempt }
    this.leaseUntil = options.leaseUntil
    this.#options = options
  }

  get key(): string {
    return keyOf(this.ref)
  }

  get isWaiting(): boolean {
    return this.startedAt === undefined && this.result === undefined && !this.isLost
  }

  get isRunning(): boolean {
    return this.startedAt !== undefined && this.endedAt === undefined
  }

  start(): void {
    const { api, executor, workerId, own, logLimitBytes, tryLogAgain, onProgress } = this.#options
    this.startedAt = performance.now()
    const mask = secretMask()
    const log = attemptLog({
      append: (offset, lines) => api.appendLog({ ...this.ref, workerId, offset }, lines),
      mask: mask.entry,
      limitBytes: logLimitBytes,
      tryAgain: tryLogAgain,
    })
    this.#dropLog = log.drop
    const host = attemptHost({
      api,
      spec: this.spec,
      workerId,
      own,
      mask,
      log: log.push,
      heartbeat: (progress) => {
        this.progress = progress ?? this.progress ?? null
        if (progress === undefined) return
        this.#lastProgress = progress
        onProgress()
      },
      signal: this.#stopped.signal,
    })
    const started = executor.start(this.spec, host)
    this.#started = started
    void started.outcome.then(async (outcome) => {
      this.endedAt = performance.now()
      this.#options.onEnded(this)
      const lostBytes = this.isLost ? 0 : await log.finish()
      if (lostBytes > 0 && !this.isLost) this.#options.onLogLost(this, lostBytes)
      // The end may come before what was told last was sent, or in place of it.
      const progress = this.#lastProgress
      this.#finish({
        ...this.ref,
        outcome: mask.outcome(outcome),
        metrics: started.metrics(),
        ...(progress === undefined ? {} : { progress }),
      })
    })
  }

  stop(reason: StopReason, options?: { readonly graceMs?: number }): void {
    if (this.isStopping) return
    this.isStopping = true
    this.#stopped.abort()
    if (this.#started) this.#started.stop(reason, options)
    else if (this.isWaiting) {
      const failure = { reason, code: `TASK_${reason.toUpperCase()}`, message: stopTexts[reason] } as const
      this.#finish({ ...this.ref, outcome: { kind: 'failure', failure } })
    }
  }

  /** It is somebody else's, or will be. */
  lose(): void {
    if (this.isLost) return
    const wasWaiting = this.isWaiting
    this.isLost = true
    this.#dropLog?.()
    this.stop('lost', { graceMs: lostGraceMs })
    if (wasWaiting || this.result !== undefined) this.#options.onResult(this)
  }

  /** Gives it back without having started it: no failure, and no loss. */
  handBack(): void {
    const { state } = this.spec
    const reason = 'its worker had no room for it'
    this.#finish({
      ...this.ref,
      outcome: { kind: 'defer', seconds: 0, reason, ...(state === null ? {} : { state }) },
    })
  }

  #finish(result: AttemptResult): void {
    this.result = result
    this.#options.onResult(this)
  }
}

/** Another worker may start the same task at any moment. */
const lostGraceMs = 1000

export function keyOf({ taskRunId, attempt }: AttemptRef): string {
  return `${taskRunId}:${attempt}`
}
