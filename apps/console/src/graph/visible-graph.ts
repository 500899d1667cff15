import type { GraphEdge, GraphGroup, GraphNode } from './types.ts'

/** A box of the graph as it is shown: a node, or a group that is closed and stands for all of its nodes. */
export interface Item {
  /** Nodes and groups may have the same id. */
  readonly key: string
  readonly label: string
  readonly kind: 'task' | 'spacer' | 'group'
  readonly node?: GraphNode
  /** The group that is closed, or the open group that the node stands in. */
  readonly group?: string
  /** Ids of the nodes that it stands for. */
  readonly members: readonly string[]
}

/** An open group, drawn as a frame around its items and frames. */
export interface Frame {
  readonly key: string
  readonly id: string
  readonly title: string
  readonly parent?: string
  readonly size: number
}

export interface VisibleGraph {
  readonly items: readonly Item[]
  readonly frames: readonly Frame[]
  /** Between keys of items; no two alike. */
  readonly edges: readonly GraphEdge[]
  /** Where each node, by its id, is shown: the key of its item. */
  readonly keyOf: ReadonlyMap<string, string>
}

export const nodeKey = (id: string): string => `node:${id}`
export const groupKey = (id: string): string => `group:${id}`

/** What is drawn of a graph some of whose groups are closed. Edges to what is not there are left out. */
export function visibleGraph(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  groups: readonly GraphGroup[],
  closed: ReadonlySet<string>,
): VisibleGraph {
  const byId = new Map(groups.map((group) => [group.id, group]))
  const itemOf = new Map<string, { item: Item; members: string[] }>()
  const sizes = new Map<string, number>()
  const keyOf = new Map<string, string>()
  for (const node of nodes) {
    const path = pathOf(node.group ?? undefined, byId)
    for (const group of path) sizes.set(group, (sizes.get(group) ?? 0) + 1)
    const hiding = path.find((group) => closed.has(group))
    const key = hiding === undefined ? nodeKey(node.id) : groupKey(hiding)
    keyOf.set(node.id, key)
    const known = itemOf.get(key)
    if (known !== undefined) {
      known.members.push(node.id)
      continue
    }
    const members = [node.id]
    const parent = hiding === undefined ? path.at(-1) : (byId.get(hiding)?.parent ?? undefined)
    const inside = parent === undefined ? {} : { group: parent }
    const item: Item =
      hiding === undefined
        ? { key, label: node.label ?? node.id, kind: node.kind ?? 'task', node, members, ...inside }
        : { key, label: titleOf(byId.get(hiding), hiding), kind: 'group', members, ...inside }
    itemOf.set(key, { item, members })
  }
  const frames = groups
    .filter(({ id }) => sizes.has(id) && !pathOf(id, byId).some((group) => closed.has(group)))
    .map((group) => ({
      key: groupKey(group.id),
      id: group.id,
      title: titleOf(group, group.id),
      size: sizes.get(group.id) ?? 0,
      ...(group.parent == null ? {} : { parent: group.parent }),
    }))
  return { items: [...itemOf.values()].map(({ item }) => item), frames, edges: shownEdges(edges, keyOf), keyOf }
}

/** The groups around, the outermost first. Groups that contain each other end somewhere. */
export function pathOf(group: string | undefined, byId: ReadonlyMap<string, GraphGroup>): string[] {
  const path: string[] = []
  for (let at = group; at !== undefined && byId.has(at) && !path.includes(at); at = byId.get(at)?.parent ?? undefined)
    path.unshift(at)
  return path
}

function titleOf(group: GraphGroup | undefined, id: string): string {
  return group?.title ?? id
}

function shownEdges(edges: readonly GraphEdge[], keyOf: ReadonlyMap<string, string>): GraphEdge[] {
  const seen = new Map<string, GraphEdge>()
  for (const { from, to } of edges) {
    const [a, b] = [keyOf.get(from), keyOf.get(to)]
    if (a !== undefined && b !== undefined && a !== b) seen.set(`${a}\n${b}`, { from: a, to: b })
  }
  return [...seen.values()]
}
