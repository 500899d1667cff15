import type { FrameNode, ItemData, ItemNode } from './graph-node.tsx'
import type { GraphLayout } from './layout.ts'
import { sumStates } from './sum-states.ts'
import type { GraphNodeState } from './types.ts'
import type { VisibleGraph } from './visible-graph.ts'

export type FlowNode = ItemNode | FrameNode

/** What the graph library draws: frames first, so that they lie below. Nodes that did not change are the ones of before. */
export function flowNodes(
  { items, frames }: VisibleGraph,
  { boxes }: GraphLayout,
  stateOf: (id: string) => GraphNodeState | undefined,
  selected: string | undefined,
  before: ReadonlyMap<string, FlowNode>,
): FlowNode[] {
  const nodes: FlowNode[] = []
  for (const { key, title, size } of frames) {
    const box = boxes.get(key)
    if (box !== undefined)
      nodes.push({ id: `frame:${key}`, type: 'frame', ...placed(box), zIndex: 0, data: { title, size } })
  }
  for (const item of items) {
    const box = boxes.get(item.key)
    if (box === undefined) continue
    const states = item.members.map(stateOf)
    const data: ItemData = {
      item,
      state: sumStates(states.map((state) => state?.state)),
      items: item.kind === 'group' ? undefined : states[0]?.items,
      isSelected: item.key === selected,
    }
    nodes.push({ id: item.key, type: 'item', ...placed(box), zIndex: 1, data })
  }
  return nodes.map((node) => {
    const old = before.get(node.id)
    return old !== undefined && isSame(old, node) ? old : node
  })
}

function placed({ x, y, width, height }: { x: number; y: number; width: number; height: number }) {
  // Their sizes are known, so nothing needs to be measured. No handles: edges are drawn apart.
  return { position: { x, y }, width, height, handles: [] }
}

function isSame(a: FlowNode, b: FlowNode): boolean {
  const isPlace =
    a.position.x === b.position.x && a.position.y === b.position.y && a.width === b.width && a.height === b.height
  if (!isPlace || a.type !== b.type) return false
  if (a.type === 'frame' || b.type === 'frame') return a.data.title === b.data.title && a.data.size === b.data.size
  const [x, y] = [a.data as ItemData, b.data as ItemData]
  return x.item === y.item && x.state === y.state && x.isSelected === y.isSelected && isSameItems(x.items, y.items)
}

function isSameItems(a: GraphNodeState['items'], b: GraphNodeState['items']): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.total === b.total && a.success === b.success && a.failed === b.failed && a.skipped === b.skipped
}
