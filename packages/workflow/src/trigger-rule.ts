export const triggerRules = [
  'all_success',
  'all_failed',
  'all_done',
  'all_skipped',
  'one_success',
  'one_failed',
  'one_done',
  'none_failed',
  'none_failed_min_one_success',
  'none_skipped',
  'always',
] as const

export type TriggerRule = (typeof triggerRules)[number]

/** How many of a node's direct upstreams ended how. A mapped upstream counts once: as failed when one of its items is, else as success. */
export interface UpstreamCounts {
  readonly total: number
  readonly success: number
  /** Failed, or not run because of a failure before. */
  readonly failed: number
  readonly skipped: number
}

/** `wait`: not decided yet. `upstream_failed` and `skip` end the node without running it. */
export type Decision = 'wait' | 'run' | 'skip' | 'upstream_failed'

/**
 * Decides as soon as the outcome cannot change any more, so a node may run, or be given up, before all of its
 * upstreams have ended. A node without upstreams runs.
 */
export function decide(rule: TriggerRule, { total, success, failed, skipped }: UpstreamCounts): Decision {
  if (total === 0 || rule === 'always') return 'run'
  const open = total - success - failed - skipped
  switch (rule) {
    case 'all_success':
      if (failed > 0) return 'upstream_failed'
      // A failure that is still to come counts more than the skip, whichever is first.
      if (open > 0) return 'wait'
      return skipped > 0 ? 'skip' : 'run'
    case 'all_failed':
      if (success > 0 || skipped > 0) return 'skip'
      return open > 0 ? 'wait' : 'run'
    case 'all_done':
      return open > 0 ? 'wait' : 'run'
    case 'all_skipped':
      if (success > 0 || failed > 0) return 'skip'
      return open > 0 ? 'wait' : 'run'
    case 'one_success':
      if (success > 0) return 'run'
      if (open > 0) return 'wait'
      return failed > 0 ? 'upstream_failed' : 'skip'
    case 'one_failed':
      if (failed > 0) return 'run'
      return open > 0 ? 'wait' : 'skip'
    case 'one_done':
      if (success + failed > 0) return 'run'
      return open > 0 ? 'wait' : 'skip'
    case 'none_failed':
      if (failed > 0) return 'upstream_failed'
      return open > 0 ? 'wait' : 'run'
    case 'none_failed_min_one_success':
      if (failed > 0) return 'upstream_failed'
      if (open > 0) return 'wait'
      return success > 0 ? 'run' : 'skip'
    case 'none_skipped':
      if (skipped > 0) return 'skip'
      return open > 0 ? 'wait' : 'run'
  }
}
