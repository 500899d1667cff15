import type { TaskFailure, TaskOptions } from '@millrace/workflow'

/** Failures that another try does not change: the configuration, the data, or the program has to. */
const final: ReadonlySet<string> = new Set(['config', 'fatal', 'data'])

export function canRetry(failure: TaskFailure): boolean {
  if (failure.reason === 'cancelled') return false
  if (failure.reason === 'load') return failure.recovery === 'transient'
  return failure.recovery === undefined || !final.has(failure.recovery)
}

/**
 * Seconds before the next try.
 *
 * @param failures How often the task has failed by now; at least 1.
 * @param chance From 0 up to 1: takes away at most the part that `retryJitter` names.
 */
export function retryDelaySeconds(
  options: Pick<TaskOptions, 'retryDelaySeconds' | 'retryBackoff' | 'retryMaxDelaySeconds' | 'retryJitter'>,
  failures: number,
  chance: number,
): number {
  const grown = options.retryDelaySeconds * options.retryBackoff ** (failures - 1)
  return Math.min(grown, options.retryMaxDelaySeconds) * (1 - options.retryJitter * chance)
}
