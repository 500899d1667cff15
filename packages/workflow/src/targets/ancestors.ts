import type { ManifestNode } from '../manifest.ts'

/** All nodes before each node, by id. The nodes are in a topological order, as they are in a manifest. */
export function ancestorsOf(
  nodes: readonly Pick<ManifestNode, 'id' | 'upstreams'>[],
): ReadonlyMap<string, readonly string[]> {
  const before = new Map<string, ReadonlySet<string>>()
  for (const { id, upstreams } of nodes) {
    before.set(id, new Set(upstreams.flatMap((upstream) => [upstream, ...(before.get(upstream) ?? [])])))
  }
  return new Map([...before].map(([id, set]) => [id, [...set]]))
}
