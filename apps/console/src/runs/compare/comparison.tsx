import { Anchor, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { apiQuery, type Schema } from '../../api/index.ts'
import { DataTable, Duration, durationText, Loaded, Moment, StateBadge, stateLook } from '../../ui/index.ts'
import { DateTime } from '../date-time.tsx'
import { type ComparedTask, compareTasks, type Node } from './compare-tasks.ts'
import { DifferenceTable } from './difference-table.tsx'
import { OutputDifferences } from './output-differences.tsx'

interface ComparisonProps {
  readonly left: string
  readonly right: string
}

/** Two runs side by side, what changed most first. */
export function Comparison({ left, right }: ComparisonProps) {
  const leftRun = useQuery(apiQuery('/api/runs/{run}', { params: { path: { run: left } } }))
  const rightRun = useQuery(apiQuery('/api/runs/{run}', { params: { path: { run: right } } }))
  const leftGraph = useQuery(apiQuery('/api/runs/{run}/graph', { params: { path: { run: left } } }))
  const rightGraph = useQuery(apiQuery('/api/runs/{run}/graph', { params: { path: { run: right } } }))
  return (
    <Loaded query={leftRun}>
      {(a) => (
        <Loaded query={rightRun}>
          {(b) => (
            <Stack>
              <Heads left={a} right={b} />
              <DifferenceTable label="Parameters" left={a.params} right={b.params} />
              <Title order={2}>Tasks</Title>
              <Loaded query={leftGraph}>
                {(from) => (
                  <Loaded query={rightGraph}>
                    {(to) => <Tasks {...{ left, right }} leftNodes={from.nodes} rightNodes={to.nodes} />}
                  </Loaded>
                )}
              </Loaded>
            </Stack>
          )}
        </Loaded>
      )}
    </Loaded>
  )
}

type Run = Schema<'RunDetails'>

function Heads({ left, right }: { readonly left: Run; readonly right: Run }) {
  const isSameVersion = left.version === right.version && left.workflow === right.workflow
  const rows: readonly { readonly name: string; readonly cell: (run: Run) => React.ReactNode }[] = [
    { name: 'State', cell: ({ state }) => <StateBadge state={state} /> },
    ...(left.workflow === right.workflow ? [] : [{ name: 'Workflow', cell: ({ workflow }: Run) => workflow }]),
    { name: 'Version', cell: ({ version }) => version },
    { name: 'For', cell: ({ logical_date }) => <DateTime at={logical_date} /> },
    { name: 'Trigger', cell: ({ trigger }) => trigger },
    { name: 'Duration', cell: ({ started_at, ended_at }) => <Duration from={started_at} to={ended_at} /> },
    { name: 'Made', cell: ({ created_at }) => <Moment at={created_at} /> },
  ]
  return (
    <>
      <DataTable
        label="Both runs"
        rows={rows}
        rowKey={({ name }) => name}
        columns={[
          { title: ' ', cell: ({ name }) => name },
          { title: `Left: run ${left.id}`, cell: ({ cell }) => cell(left) },
          { title: `Right: run ${right.id}`, cell: ({ cell }) => cell(right) },
        ]}
      />
      {!isSameVersion && left.workflow === right.workflow && (
        <Anchor
          component={Link}
          size="sm"
          {...({
            to: '/workflows/$workflow/versions',
            params: { workflow: left.workflow },
            search: { from: left.version, to: right.version },
          } as object)}
        >
          What changed from version {left.version} to {right.version}
        </Anchor>
      )}
    </>
  )
}

interface TasksProps extends ComparisonProps {
  readonly leftNodes: readonly Node[]
  readonly rightNodes: readonly Node[]
}

function Tasks({ left, right, leftNodes, rightNodes }: TasksProps) {
  const [open, setOpen] = useState<string | null>(null)
  const tasks = compareTasks(leftNodes, rightNodes, Date.now())
  return (
    <DataTable
      label="Tasks of both runs"
      rows={tasks}
      rowKey={({ id }) => id}
      columns={[
        {
          title: 'Task',
          cell: (task) => (
            <Stack gap={4}>
              <Text span size="sm" style={{ overflowWrap: 'anywhere' }}>
                {task.id}
              </Text>
              {open === task.id && task.left?.task_run !== undefined && task.right?.task_run !== undefined && (
                <OutputDifferences left={task.left.task_run} right={task.right.task_run} />
              )}
            </Stack>
          ),
        },
        { title: 'Left', cell: (task) => <Side run={left} node={task.left} ms={task.leftMs} /> },
        { title: 'Right', cell: (task) => <Side run={right} node={task.right} ms={task.rightMs} /> },
        { title: 'Difference', align: 'right', cell: (task) => <Difference task={task} /> },
        {
          title: 'Output',
          isSecondary: true,
          cell: ({ id, left: a, right: b }) =>
            a?.state === 'success' && b?.state === 'success' ? (
              <Button
                size="compact-xs"
                variant="default"
                aria-expanded={open === id}
                aria-label={`${open === id ? 'Hide' : 'Compare'} the outputs of ${id}`}
                onClick={() => setOpen((before) => (before === id ? null : id))}
              >
                {open === id ? 'Hide' : 'Compare'}
              </Button>
            ) : null,
        },
      ]}
    />
  )
}

function Side({
  run,
  node,
  ms,
}: {
  readonly run: string
  readonly node: Node | undefined
  readonly ms: number | null
}) {
  if (node === undefined) {
    return (
      <Text span size="sm" c="dimmed">
        no such task
      </Text>
    )
  }
  return (
    <Group gap="xs" wrap="nowrap">
      {node.state !== undefined && (
        <Link
          to="/runs/$run"
          params={{ run }}
          search={node.task_run === undefined ? {} : { task: node.task_run }}
          aria-label={`${node.id} in run ${run}: ${stateLook(node.state).label}`}
        >
          <StateBadge state={node.state} />
        </Link>
      )}
      <Text span size="sm" className="numeric">
        {ms === null ? '' : durationText(ms)}
      </Text>
    </Group>
  )
}

function Difference({ task: { differenceMs, left, right } }: { readonly task: ComparedTask }) {
  if (left === undefined || right === undefined) return left === undefined ? 'new' : 'gone'
  const isOther = left.state !== right.state
  const took =
    differenceMs === null || differenceMs === 0
      ? ''
      : `${durationText(Math.abs(differenceMs))} ${differenceMs > 0 ? 'longer' : 'shorter'}`
  return (
    <Text span size="sm" className="numeric" fw={isOther ? 600 : 400}>
      {[isOther ? 'other state' : '', took].filter(Boolean).join(', ') || 'the same'}
    </Text>
  )
}
