import { Anchor, Group, Text } from '@mantine/core'
import { useMemo } from 'react'
import { DataTable, StateBadge } from '../ui/index.ts'
import { itemsText, markLook } from './graph-node.tsx'
import type { GraphEdge, GraphNode, GraphNodeState } from './types.ts'

const neighboursMax = 6

interface GraphListProps {
  readonly label: string
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  readonly stateOf: (id: string) => GraphNodeState | undefined
  readonly selected: string | undefined
  readonly onSelect: (id: string) => void
}

/** The graph as a table: each node with what is before and after it, one click away. */
export function GraphList({ label, nodes, edges, stateOf, selected, onSelect }: GraphListProps) {
  const before = useMemo(() => Map.groupBy(edges, ({ to }) => to), [edges])
  const after = useMemo(() => Map.groupBy(edges, ({ from }) => from), [edges])
  const link = (id: string) => (
    <Anchor
      key={id}
      component="button"
      type="button"
      size="sm"
      ta="left"
      onClick={() => {
        onSelect(id)
        document.getElementById(rowId(id))?.focus()
      }}
    >
      {id}
    </Anchor>
  )
  const links = (ids: readonly string[]) => (
    <Group gap="xs">
      {ids.slice(0, neighboursMax).map(link)}
      {ids.length > neighboursMax && (
        <Text size="sm" c="dimmed">
          and {ids.length - neighboursMax} more
        </Text>
      )}
    </Group>
  )
  const hasStates = nodes.some(({ id, mark }) => stateOf(id)?.state !== undefined || mark !== undefined)
  return (
    <DataTable
      label={label}
      rows={nodes}
      rowKey={({ id }) => id}
      columns={[
        {
          title: 'Node',
          cell: ({ id, label: name = id, detail, isMapped }) => (
            <>
              <Anchor
                id={rowId(id)}
                component="button"
                type="button"
                size="sm"
                ta="left"
                fw={id === selected ? 700 : 400}
                aria-current={id === selected || undefined}
                onClick={() => onSelect(id)}
              >
                {name}
              </Anchor>
              <Text size="xs" c="dimmed">
                {[detail, isMapped ? 'for each item' : undefined].filter((word) => word !== undefined).join(' · ')}
              </Text>
            </>
          ),
        },
        ...(hasStates
          ? [
              {
                title: 'State',
                cell: ({ id, mark }: GraphNode) => {
                  const { state, items } = stateOf(id) ?? {}
                  return (
                    <Group gap="xs">
                      {state !== undefined && <StateBadge state={state} />}
                      {mark !== undefined && <Text size="sm">{markLook[mark].label}</Text>}
                      {items !== undefined && <Text size="sm">{itemsText(items)}</Text>}
                    </Group>
                  )
                },
              },
            ]
          : []),
        { title: 'Before it', cell: ({ id }) => links((before.get(id) ?? []).map(({ from }) => from)) },
        { title: 'After it', cell: ({ id }) => links((after.get(id) ?? []).map(({ to }) => to)) },
      ]}
    />
  )
}

function rowId(id: string): string {
  return `node-${id}`
}
