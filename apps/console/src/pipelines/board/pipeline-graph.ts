import type { Schema } from '../../api/index.ts'
import type { GraphEdge, GraphGroup, GraphMark, GraphNode } from '../../graph/index.ts'
import { pipelineStates } from '../states.ts'
import type { Board } from './board.ts'

type Compiled = Schema<'PipelineGraph'>
type Node = Compiled['nodes'][number]
type Change = Schema<'PipelineDraftChange'>

export interface DrawnGraph {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  readonly groups: readonly GraphGroup[]
}

/** The key of the card that a node is made from. */
export function cardKeyOf(
  { transformation_id: given }: Pick<Node, 'transformation_id'>,
  board: Board,
): string | undefined {
  if (given === null) return undefined
  const [, index] = /^new-(\d+)$/.exec(given) ?? []
  return index === undefined ? given : board[Number(index)]?.key
}

/**
 * The graph that a board is compiled to. With `before`, what is added, changed and removed against it is marked, and what is
 * removed stands in it as well.
 */
export function drawGraph(
  compiled: Pick<Compiled, 'nodes'>,
  labelOf: (node: Node) => string,
  before?: { readonly graph: Pick<Compiled, 'nodes'>; readonly changes: readonly Change[] },
): DrawnGraph {
  const nodes = before === undefined ? compiled.nodes : comparable(compiled.nodes)
  const former = before === undefined ? [] : comparable(before.graph.nodes)
  const old = new Set(former.map(({ id }) => id))
  const own = new Set(nodes.map(({ id }) => id))
  const changed = new Set(before?.changes.map(({ transformation_id }) => transformation_id))
  const gone = former.filter(({ id }) => !own.has(id))
  const all = [...nodes, ...gone]
  const markOf = (node: Node): GraphMark | undefined => {
    if (before === undefined) return undefined
    if (!own.has(node.id)) return 'removed'
    if (!old.has(node.id)) return 'added'
    return node.transformation_id !== null && changed.has(node.transformation_id) ? 'changed' : undefined
  }
  const states = pipelineStates.filter((state) => all.some((node) => node.state === state))
  return {
    nodes: all.map((node) => ({
      id: node.id,
      label: labelOf(node),
      kind: node.kind,
      ...{ group: node.state ?? undefined, detail: node.operator ?? undefined, mark: markOf(node) },
    })),
    edges: all.flatMap(({ id, upstreams }) => upstreams.map((from) => ({ from, to: id }))),
    groups: states.map((state) => ({ id: state, title: state })),
  }
}

/** Spacers count over the whole pipeline; one more in an early state must not make all later ones others. */
function comparable(nodes: readonly Node[]): readonly Node[] {
  const ids = new Map<string, string>()
  const counts = new Map<string, number>()
  for (const { id, kind, state } of nodes) {
    if (kind !== 'spacer' || state === null) continue
    const place = counts.get(state) ?? 0
    counts.set(state, place + 1)
    ids.set(id, `${state} step ${place + 1}`)
  }
  return nodes.map((node) => ({
    ...node,
    id: ids.get(node.id) ?? node.id,
    upstreams: node.upstreams.map((id) => ids.get(id) ?? id),
  }))
}
