import type { ManifestNode } from './manifest-graph.ts'

type TriggerRule = ManifestNode['options']['triggerRule']

const words: Readonly<Record<TriggerRule, string>> = {
  all_success: 'all before it succeeded',
  all_failed: 'all before it failed',
  all_done: 'all before it ended, however',
  all_skipped: 'all before it were skipped',
  one_success: 'one before it succeeded',
  one_failed: 'one before it failed',
  one_done: 'one before it succeeded or failed',
  none_failed: 'none before it failed',
  none_failed_min_one_success: 'none before it failed, and one succeeded',
  none_skipped: 'none before it was skipped',
  always: 'at once, whatever is before it',
}

/** When a node runs, in words, with the name that the code has for it. */
export function triggerRuleWords(rule: TriggerRule): string {
  return `${words[rule]} (${rule})`
}
