import type { AnyState } from '../ui/index.ts'
import type { GraphNodeState } from './types.ts'
import type { VisibleGraph } from './visible-graph.ts'

/** What people come to look at, the first first. */
const notable: readonly AnyState[] = ['failed', 'running', 'expanded', 'ready']

/** Key of the item that a graph too large to be read as a whole begins at: what failed or runs, else where it begins itself. */
export function firstLook(
  { items }: VisibleGraph,
  stateOf: (id: string) => GraphNodeState | undefined,
): string | undefined {
  for (const state of notable) {
    const found = items.find(({ members }) => members.some((id) => stateOf(id)?.state === state))
    if (found !== undefined) return found.key
  }
  return items[0]?.key
}
