import { Alert, Skeleton, Text } from '@mantine/core'
import { useMemo } from 'react'
import { GraphView } from '../../graph/index.ts'
import { EmptyState } from '../../ui/index.ts'
import { cardKeyOf, drawGraph } from './pipeline-graph.ts'
import type { Preview } from './use-preview.ts'

interface GraphPanelProps {
  readonly name: string
  readonly preview: Preview
  readonly selected: string | undefined
  readonly onOpen: (cardKey: string) => void
  /** Shows what saving would add, change and remove. */
  readonly isDifference?: boolean
  readonly titleOfTemplate: (templateId: string) => string
}

/** The workflow that the board is compiled to. */
export function GraphPanel({
  name,
  preview,
  selected,
  onOpen,
  isDifference = false,
  titleOfTemplate,
}: GraphPanelProps) {
  const { graph, savedGraph, isGraphCurrent, changes } = preview
  const drawn = useMemo(() => {
    if (graph === undefined) return undefined
    const labelOf = (node: (typeof graph.nodes)[number]) => {
      if (node.id === 'run_event') return 'run event'
      if (node.kind === 'spacer') return node.id
      const card = graph.board.find(({ key }) => key === cardKeyOf(node, graph.board))
      return card === undefined ? node.id : titleOfTemplate(card.templateId)
    }
    const before =
      isDifference && savedGraph !== undefined && savedGraph.problems.length === 0
        ? { graph: savedGraph, changes }
        : undefined
    return drawGraph(graph, labelOf, before)
  }, [graph, savedGraph, changes, isDifference, titleOfTemplate])
  if (graph === undefined || drawn === undefined) {
    return preview.problems.length > 0 || preview.error !== null ? (
      <EmptyState title="No graph yet">Once the problems are solved, the workflow is shown here.</EmptyState>
    ) : (
      <Skeleton h={240} aria-busy="true" aria-label="Loading" role="img" />
    )
  }
  const keyOf = (id: string) => {
    const node = graph.nodes.find((one) => one.id === id)
    return node === undefined ? undefined : cardKeyOf(node, graph.board)
  }
  const open = (id: string) => {
    const key = keyOf(id)
    if (key !== undefined) onOpen(key)
  }
  return (
    <>
      {!isGraphCurrent && (
        <Alert color="yellow" mb="xs" p="xs">
          <Text size="sm">This is the graph as it was without problems. It follows once they are solved.</Text>
        </Alert>
      )}
      <GraphView
        label={`Graph of ${name}`}
        nodes={drawn.nodes}
        edges={drawn.edges}
        groups={drawn.groups}
        selected={graph.nodes.find((node) => selected !== undefined && cardKeyOf(node, graph.board) === selected)?.id}
        onOpen={open}
      />
    </>
  )
}
