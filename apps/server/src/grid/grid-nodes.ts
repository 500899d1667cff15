import type { VersionGraph } from '@millrace/engine'
import type { ManifestNode } from '@millrace/workflow'

export interface GridNode {
  readonly node: ManifestNode
  /** How many nodes come before it on the longest way. */
  readonly depth: number
  readonly isCurrent: boolean
}

/**
 * The nodes of several versions in one order: that of the newest version, and what only older ones have behind what it came
 * after there.
 *
 * @param graphs The newest first.
 */
export function gridNodes(graphs: readonly VersionGraph[]): readonly GridNode[] {
  const ids: string[] = []
  const found = new Map<string, GridNode>()
  for (const [age, graph] of graphs.entries()) {
    const depths = depthsOf(graph)
    let previous: string | undefined
    const behind = new Map<string | undefined, string[]>()
    for (const [place, node] of graph.nodes.entries()) {
      if (found.has(node.id)) {
        previous = node.id
        continue
      }
      found.set(node.id, { node, depth: depths[place] ?? 0, isCurrent: age === 0 })
      behind.set(previous, [...(behind.get(previous) ?? []), node.id])
    }
    const merged = [...(behind.get(undefined) ?? []), ...ids.flatMap((id) => [id, ...(behind.get(id) ?? [])])]
    ids.splice(0, ids.length, ...merged)
  }
  return ids.flatMap((id) => found.get(id) ?? [])
}

function depthsOf({ nodes, upstreams }: VersionGraph): readonly number[] {
  const depths: number[] = []
  // Nodes stand behind their upstreams.
  for (const place of nodes.keys()) {
    depths[place] = (upstreams[place] ?? []).reduce((deepest, up) => Math.max(deepest, (depths[up] ?? 0) + 1), 0)
  }
  return depths
}
