import type { TaskFailure } from './outcome.ts'
import type { TaskOptions } from './task-options.ts'

/** Whether another try can help at all: not for errors that need a change of something. */
export function isRetryable({ reason, recovery }: Pick<TaskFailure, 'reason' | 'recovery'>): boolean {
  if (reason === 'cancelled') return false
  if (reason === 'load') return recovery === 'transient'
  return recovery === undefined || recovery === 'transient'
}

/** Seconds to wait before the retry of this number, from 1. `random` gives a number from 0 to 1. */
export function retryPauseSeconds(
  options: Pick<TaskOptions, 'retryDelaySeconds' | 'retryBackoff' | 'retryMaxDelaySeconds' | 'retryJitter'>,
  retry: number,
  random: () => number = Math.random,
): number {
  const { retryDelaySeconds, retryBackoff, retryMaxDelaySeconds, retryJitter } = options
  const pause = Math.min(retryDelaySeconds * retryBackoff ** (retry - 1), retryMaxDelaySeconds)
  return pause * (1 - retryJitter * random())
}
