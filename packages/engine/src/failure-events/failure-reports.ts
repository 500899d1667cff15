import { type Logger, TransientError } from '@millrace/core'
import { type OutboxReader, startOutboxReader } from '@millrace/db'
import type { Engine } from '../engine.ts'
import type { RunFailure } from '../failure-bus/failure-bus.ts'
import { failureTopic } from './enqueue-failures.ts'

export interface FailureReportsOptions {
  /** True once the broker has the message; false, or an error, and it is tried again later. */
  readonly publish: (failure: RunFailure, signal: AbortSignal) => Promise<boolean>
  readonly log: Pick<Logger, 'warn' | 'error'>
  /** For one call of `publish`, which may try several times itself. Default 60,000. */
  readonly publishTimeoutMs?: number
  /** What is enqueued is announced; this is for what was missed, and for what is tried again. Default 5,000. */
  readonly pollIntervalMs?: number
}

/** With pauses that grow to five minutes this is about a day; what is left then stays in the outbox as dead. */
const maxAttempts = 300

/** Publishes what `enqueueFailures` left, until it is closed. Several may run; a message goes out at least once. */
export async function startFailureReports(engine: Engine, options: FailureReportsOptions): Promise<OutboxReader> {
  const { publish, log, publishTimeoutMs = 60_000, pollIntervalMs = 5000 } = options
  return await startOutboxReader(engine.db, {
    topics: [failureTopic],
    handleTimeoutMs: publishTimeoutMs,
    maxAttempts,
    pollIntervalMs,
    async handle(message, signal) {
      if (await publish(message.payload as RunFailure, signal)) return
      throw new TransientError('FAILURE_NOT_PUBLISHED', { message: 'The broker did not take the message.' })
    },
    onFailure({ id, payload, attempts }, err, isDead) {
      const { workflowName, taskName, dagRunId } = payload as RunFailure
      const about = { message: id, workflow: workflowName, task: taskName, run: dagRunId, attempts, err }
      if (!isDead) log.warn(about, 'A failure could not be published; it is tried again')
      else log.error(about, 'A failure could not be published and is given up; it stays in the outbox as dead')
    },
    onError: (err) => log.warn({ err }, 'The outbox could not be read; it is tried again'),
  })
}
