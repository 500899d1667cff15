import type { Schema } from '../api/index.ts'
import type { GraphEdge, GraphGroup, GraphMark, GraphNode } from '../graph/index.ts'

export type Manifest = Schema<'WorkflowManifest'>
export type ManifestNode = Manifest['nodes'][number]

export interface ManifestGraph {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  readonly groups: readonly GraphGroup[]
}

export function manifestGraph(manifest: Manifest): ManifestGraph {
  return { nodes: manifest.nodes.map((node) => graphNode(node)), edges: edgesOf(manifest), groups: manifest.groups }
}

/** Both versions in one graph: what was added, removed and changed is marked, and removed nodes stand where they stood. */
export function differenceGraph(from: Manifest, to: Manifest, difference: Schema<'WorkflowDiff'>): ManifestGraph {
  const marks = new Map<string, GraphMark>([
    ...difference.added.map((id) => [id, 'added'] as const),
    ...difference.changed.map(({ id }) => [id, 'changed'] as const),
    ...difference.removed.map((id) => [id, 'removed'] as const),
  ])
  const removed = from.nodes.filter(({ id }) => marks.get(id) === 'removed')
  const kept = new Set(to.nodes.map(({ id }) => id))
  const groups = new Map([...from.groups, ...to.groups].map((group) => [group.id, group]))
  return {
    nodes: [...to.nodes, ...removed].map((node) => graphNode(node, marks.get(node.id))),
    // Of the version before, only edges at what is gone.
    edges: [...edgesOf(to), ...edgesOf(from).filter((edge) => !kept.has(edge.from) || !kept.has(edge.to))],
    groups: [...groups.values()],
  }
}

function graphNode(node: ManifestNode, mark?: GraphMark): GraphNode {
  const { id, name, kind, group, operator, mapOver } = node
  const detail = operator?.name ?? (name === id ? undefined : name)
  return {
    id,
    kind,
    ...(group === null ? {} : { group }),
    detail,
    isMapped: mapOver !== null,
    mark,
  }
}

function edgesOf({ nodes }: Manifest): GraphEdge[] {
  return nodes.flatMap(({ id, upstreams }) => upstreams.map((from) => ({ from, to: id })))
}
