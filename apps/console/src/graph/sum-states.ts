import type { AnyState } from '../ui/index.ts'

/** What is worth knowing first. */
const order: readonly AnyState[] = [
  'failed',
  'upstream_failed',
  'running',
  'expanded',
  'ready',
  'queued',
  'waiting',
  'cancelled',
  'success',
  'skipped',
]

/** One state for many nodes: the one that matters most; undefined of none. */
export function sumStates(states: readonly (AnyState | undefined)[]): AnyState | undefined {
  const there = new Set(states)
  return order.find((state) => there.has(state))
}
