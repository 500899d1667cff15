import { Button, Group, SegmentedControl, Select, Skeleton, Stack, Text, VisuallyHidden } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { ReactFlowProvider } from '@xyflow/react'
import { useMemo, useState } from 'react'
import { EmptyState, Failure, stateLook } from '../ui/index.ts'
import { GraphCanvas } from './graph-canvas.tsx'
import { GraphList } from './graph-list.tsx'
import type { GraphDirection, GraphEdge, GraphGroup, GraphNode, GraphNodeState } from './types.ts'
import { useLayout } from './use-layout.ts'
import { groupKey, nodeKey, pathOf, visibleGraph } from './visible-graph.ts'

export interface GraphViewProps {
  /** What it is the graph of: "Graph of flights". */
  readonly label: string
  /** Keep these the same arrays as long as they are equal: another array is another graph. */
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  readonly groups?: readonly GraphGroup[]
  /** The id of the node that is chosen by a click, Enter or the search; belongs in the address. */
  readonly selected?: string | undefined
  readonly onSelect?: (id: string | undefined) => void
  /** Enter on a node, or a double click; it is chosen as well. */
  readonly onOpen?: (id: string) => void
  /** What the nodes do in a run. Another function has the states read again; places stay. */
  readonly stateOf?: (id: string) => GraphNodeState | undefined
  /** Default: to the right, and down on narrow screens. */
  readonly direction?: GraphDirection
}

const noGroups: readonly GraphGroup[] = []
const noState = () => undefined
const nothing = () => {}

/** A graph of nodes that follow each other, laid out by itself; as a drawing or as a table. */
export function GraphView({
  label,
  nodes,
  edges,
  groups = noGroups,
  selected,
  onSelect = nothing,
  onOpen = nothing,
  stateOf = noState,
  direction,
}: GraphViewProps) {
  const isNarrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  // Where the arrow keys are; elsewhere than what is chosen until Enter.
  const [cursor, setCursor] = useState<string>()
  const [shown, setShown] = useState(selected)
  if (selected !== shown) {
    setShown(selected)
    if (selected !== undefined) setCursor(undefined)
  }
  const [view, setView] = useState('graph')
  const graph = useMemo(() => visibleGraph(nodes, edges, groups, closed), [nodes, edges, groups, closed])
  const { layout, error } = useLayout(graph, direction ?? (isNarrow ? 'down' : 'right'))
  const names = useMemo(
    () =>
      nodes.map(({ id, label: name }) => ({
        value: id,
        label: name === undefined || name === id ? id : `${name} (${id})`,
      })),
    [nodes],
  )

  const itemOf = (key: string | undefined) => graph.items.find((item) => item.key === key)
  const key = cursor ?? (selected === undefined ? undefined : graph.keyOf.get(selected))
  const item = itemOf(key)

  const select = (id: string | undefined) => {
    setCursor(undefined)
    onSelect(id)
  }
  const selectItem = (next: string | undefined) => {
    const node = itemOf(next)?.node
    select(node?.id)
    if (next !== undefined && node === undefined) setCursor(next)
  }
  const openItem = (next: string) => {
    const found = itemOf(next)
    if (found?.node !== undefined) {
      onSelect(found.node.id)
      onOpen(found.node.id)
    } else toggle(next.slice('group:'.length))
  }
  const toggle = (id: string) => {
    const [first] = itemOf(groupKey(id))?.members ?? []
    setCursor(first === undefined ? groupKey(id) : nodeKey(first))
    setClosed((before) =>
      before.has(id) ? new Set([...before].filter((one) => one !== id)) : new Set([...before, id]),
    )
  }
  const find = (id: string | null) => {
    if (id === null) return
    const group = nodes.find((node) => node.id === id)?.group
    const around = pathOf(group ?? undefined, new Map(groups.map((one) => [one.id, one])))
    setClosed((before) => new Set([...before].filter((one) => !around.includes(one))))
    select(id)
  }

  if (nodes.length === 0) return <EmptyState title="This graph has no nodes" />
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Select
          aria-label="Find a node"
          placeholder="Find a node"
          leftSection={<IconSearch size={16} aria-hidden />}
          size="xs"
          w={220}
          searchable
          limit={50}
          data={names}
          value={null}
          onChange={find}
          nothingFoundMessage="No node is called so"
        />
        <SegmentedControl
          size="xs"
          aria-label="Shown as"
          value={view}
          onChange={setView}
          data={[
            { value: 'graph', label: 'Graph' },
            { value: 'list', label: 'List' },
          ]}
        />
        {groups.length > 0 && view === 'graph' && (
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              setCursor(undefined)
              setClosed((before) => new Set(before.size > 0 ? [] : groups.map(({ id }) => id)))
            }}
          >
            {closed.size > 0 ? 'Open all groups' : 'Close all groups'}
          </Button>
        )}
        <Text size="xs" c="dimmed" className="numeric">
          {nodes.length === 1 ? '1 node' : `${nodes.length} nodes`}
        </Text>
      </Group>
      {view === 'list' ? (
        <GraphList {...{ label, nodes, edges, stateOf, selected }} onSelect={select} />
      ) : layout !== undefined ? (
        <ReactFlowProvider>
          <GraphCanvas
            {...{ label, graph, layout, stateOf }}
            selected={item?.key}
            onMove={setCursor}
            onSelect={selectItem}
            onOpen={openItem}
            onCloseGroup={toggle}
          />
        </ReactFlowProvider>
      ) : error !== undefined ? (
        <Failure error={error} title="The graph could not be laid out. Look at it as a list." />
      ) : (
        <Skeleton h={320} aria-busy="true" aria-label="Loading" role="img" />
      )}
      <VisuallyHidden role="status">{item === undefined ? '' : spoken()}</VisuallyHidden>
    </Stack>
  )

  /** What a reader says when one comes to an item. */
  function spoken(): string {
    if (item === undefined) return ''
    const state = stateOf(item.node?.id ?? '')?.state
    const before = graph.edges.filter(({ to }) => to === item.key).length
    const after = graph.edges.filter(({ from }) => from === item.key).length
    const what = item.kind === 'group' ? `closed group of ${item.members.length} nodes` : item.kind
    return [item.label, what, state === undefined ? '' : stateLook(state).label, `${before} before, ${after} after`]
      .filter((part) => part !== '')
      .join(', ')
  }
}
