export { GraphView, type GraphViewProps } from './graph-view.tsx'
export type { GraphDirection, GraphEdge, GraphGroup, GraphMark, GraphNode, GraphNodeState } from './types.ts'
