import { setTimeout as wait } from 'node:timers/promises'
import { redact } from '@millrace/core'
import type { FailureBus, RunFailure } from './failure-bus.ts'
import { publishFailure } from './publish-failure.ts'

export interface ReportOptions {
  /** What went wrong on the way, and what comes next. */
  readonly warn: (message: string) => void
  /** Gives up between two attempts, and during one. */
  readonly signal?: AbortSignal
  /** For one attempt, from the connection to the broker's word that it has the message. Default 10,000. */
  readonly attemptTimeoutMs?: number
}

/**
 * Publishes a failure, with as many attempts as the bus is configured for. Never throws, because the task has failed
 * already, and its failure is what counts: what goes wrong is a warning. True when the broker has the message.
 */
export async function reportFailure(bus: FailureBus, failure: RunFailure, options: ReportOptions): Promise<boolean> {
  const { signal, warn, attemptTimeoutMs = 10_000 } = options
  const { attempts } = bus.retry
  const about = `The failure of task "${failure.taskName}" of ${failure.workflowName} ${failure.workflowVersion}`
  const broker = `the broker at ${bus.host}:${bus.port}`
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const timeout = AbortSignal.timeout(attemptTimeoutMs)
    try {
      signal?.throwIfAborted()
      await publishFailure(bus, failure, {
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
        warn,
      })
      return true
    } catch (error) {
      const why = redact(timeout.aborted ? `it did not answer within ${attemptTimeoutMs / 1000} s` : textOf(error), [
        bus.password,
      ])
      const last = attempt === attempts || signal?.aborted === true
      const delayMs = pauseMs(bus, attempt)
      const next = last ? 'It is not reported.' : `Trying again in ${(delayMs / 1000).toFixed(1)} s.`
      warn(`${about} could not be published to ${broker}: ${why}. ${next}`)
      if (last) return false
      await wait(delayMs, undefined, signal === undefined ? {} : { signal }).catch(() => {})
    }
  }
  return false
}

function pauseMs({ retry }: FailureBus, attempt: number): number {
  const delay = Math.min(retry.min_delay_seconds * 2 ** (attempt - 1), retry.max_delay_seconds)
  const jitter =
    retry.min_jitter_seconds + Math.random() * Math.max(0, retry.max_jitter_seconds - retry.min_jitter_seconds)
  return (delay + jitter) * 1000
}

function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message || (error as { code?: string }).code || error.name : String(error)
  return text.replace(/\.$/, '')
}
