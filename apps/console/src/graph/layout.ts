import type { ElkNode } from 'elkjs/lib/elk-api.js'
import type { GraphDirection, GraphEdge } from './types.ts'
import type { Item, VisibleGraph } from './visible-graph.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

/** In units of the graph, which are pixels at a zoom of 1. */
export interface Box extends Point {
  readonly width: number
  readonly height: number
}

export interface Line extends GraphEdge {
  readonly points: readonly Point[]
}

export interface GraphLayout {
  readonly direction: GraphDirection
  /** Of items and frames, by their keys. */
  readonly boxes: ReadonlyMap<string, Box>
  readonly lines: readonly Line[]
}

const sizes: Readonly<Record<Item['kind'], { width: number; height: number }>> = {
  task: { width: 208, height: 52 },
  group: { width: 208, height: 52 },
  spacer: { width: 24, height: 24 },
}

/** Nodes keep the order in which they were declared, as far as edges allow. */
const careful = { 'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES' }
/** Of a large graph, seconds sooner is better than a few crossings less. */
const quick = { 'elk.layered.nodePlacement.strategy': 'LINEAR_SEGMENTS', 'elk.layered.thoroughness': '2' }
const largeFrom = 100

/** What the layout library is asked for; equal for graphs that differ in texts and states only. */
export function layoutRequest({ items, frames, edges }: VisibleGraph, direction: GraphDirection): ElkNode {
  const children = new Map<string | undefined, ElkNode[]>()
  const put = (group: string | undefined, node: ElkNode) => {
    const there = children.get(group)
    if (there === undefined) children.set(group, [node])
    else there.push(node)
  }
  for (const { key, kind, group } of items) put(group, { id: key, ...sizes[kind] })
  // The innermost first, so that a frame has its children when it is put into its parent.
  const depth = (id: string | undefined): number =>
    id === undefined ? 0 : 1 + depth(frames.find((frame) => frame.id === id)?.parent)
  const depths = new Map(frames.map(({ id }) => [id, depth(id)]))
  for (const { id, key, parent } of frames.toSorted((a, b) => (depths.get(b.id) ?? 0) - (depths.get(a.id) ?? 0)))
    put(parent, {
      id: key,
      children: children.get(id) ?? [],
      layoutOptions: { 'elk.padding': '[top=40,left=16,bottom=16,right=16]' },
    })
  return {
    id: 'root',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': direction === 'right' ? 'RIGHT' : 'DOWN',
      'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
      'elk.edgeRouting': 'ORTHOGONAL',
      'elk.layered.mergeEdges': 'true',
      'elk.layered.mergeHierarchyEdges': 'true',
      'elk.layered.spacing.nodeNodeBetweenLayers': '48',
      'elk.layered.spacing.edgeNodeBetweenLayers': '16',
      'elk.spacing.nodeNode': '20',
      'elk.spacing.edgeNode': '12',
      'elk.json.shapeCoords': 'ROOT',
      'elk.json.edgeCoords': 'ROOT',
      ...(items.length > largeFrom ? quick : careful),
    },
    children: children.get(undefined) ?? [],
    edges: edges.map(({ from, to }, index) => ({ id: `${index}`, sources: [from], targets: [to] })),
  }
}

export function readLayout(root: ElkNode, direction: GraphDirection): GraphLayout {
  const boxes = new Map<string, Box>()
  const visit = ({ id, x = 0, y = 0, width = 0, height = 0, children = [] }: ElkNode) => {
    boxes.set(id, { x, y, width, height })
    children.forEach(visit)
  }
  root.children?.forEach(visit)
  const lines = (root.edges ?? []).map(({ sources, targets, sections = [] }) => ({
    from: sources[0] ?? '',
    to: targets[0] ?? '',
    points: sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint]),
  }))
  return { direction, boxes, lines }
}
