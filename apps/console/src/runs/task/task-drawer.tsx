import { Drawer, Group, Skeleton, Stack, Tabs, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { apiQuery, type Schema } from '../../api/index.ts'
import { LogView } from '../../logs/index.ts'
import { Duration, EmptyState, Failure, Loaded, StateBadge } from '../../ui/index.ts'
import { Facts } from '../facts.tsx'
import { TaskProgress } from '../progress.tsx'
import { Reason } from '../reason.tsx'
import type { RunSearch } from '../search.ts'
import { useMayChange } from '../use-may-change.ts'
import { useTaskSearch } from '../use-task-search.ts'
import { AttemptFacts } from './attempt-facts.tsx'
import { AttemptFailure } from './attempt-failure.tsx'
import { TaskActions } from './task-actions.tsx'
import { TaskConnections } from './task-connections.tsx'
import { TaskDetails } from './task-details.tsx'
import styles from './task-drawer.module.css'
import { TaskItems } from './task-items.tsx'
import { TaskOutput } from './task-output.tsx'
import { useEscape } from './use-escape.ts'

type Run = Schema<'RunDetails'>
type TaskRun = Schema<'TaskRun'>

/** The task run that the address names, beside the page of its run. */
export function TaskDrawer({ run }: { readonly run: Run }) {
  const { search, close } = useTaskSearch()
  const id = search.task
  useEscape(id !== undefined, close)
  const task = useQuery({
    ...apiQuery('/api/task-runs/{task_run}', { params: { path: { task_run: id ?? 0 } } }),
    enabled: id !== undefined,
  })
  const found = task.data?.run === run.id ? task.data : undefined
  return (
    <Drawer
      opened={id !== undefined}
      onClose={close}
      closeOnEscape={false}
      position="right"
      size="min(1100px, 100%)"
      padding="md"
      closeButtonProps={{ 'aria-label': 'Close' }}
      classNames={{ content: styles.content, body: styles.body }}
      title={
        found === undefined ? (
          'Task'
        ) : (
          <Group gap="sm">
            <Text span fw={600} size="lg" style={{ overflowWrap: 'anywhere' }}>
              {found.map_index === undefined ? found.node : `${found.node}[${found.map_index}]`}
            </Text>
            <StateBadge state={found.state} />
          </Group>
        )
      }
    >
      {task.error !== null && task.data === undefined ? (
        <Failure error={task.error} onRetry={() => void task.refetch()} />
      ) : task.data === undefined ? (
        <Skeleton h={200} aria-busy="true" />
      ) : found === undefined ? (
        <EmptyState title="This task belongs to another run">Close this and choose a task of run {run.id}.</EmptyState>
      ) : (
        <TaskPanel run={run} task={found} />
      )}
    </Drawer>
  )
}

function TaskPanel({ run, task }: { readonly run: Run; readonly task: TaskRun }) {
  const { search, change, lookAtLog } = useTaskSearch()
  const mayChange = useMayChange(run.workflow)
  const attempts = useQuery(
    apiQuery('/api/task-runs/{task_run}/attempts', {
      params: { path: { task_run: task.id }, query: { per_page: 100 } },
    }),
  )
  const isMapped = task.items !== undefined && task.map_index === undefined
  const first = isMapped ? 'items' : task.attempt > 0 ? 'log' : 'details'
  const part = search.part ?? first
  const number = search.attempt ?? task.attempt
  const attempt = attempts.data?.find((one) => one.attempt === number)
  return (
    <Stack gap="sm" className={styles.panel}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={4} miw={0} style={{ flex: '1 1 280px' }}>
          {task.reason !== task.state && task.reason !== attempt?.failure?.message && <Reason text={task.reason} />}
          {task.attempt === 0 && task.started_at !== undefined && (
            <Facts facts={[['took', <Duration key="took" from={task.started_at} to={task.ended_at} />]]} />
          )}
          <TaskProgress task={task} />
        </Stack>
        {mayChange && <TaskActions run={run} task={task} />}
      </Group>
      {task.attempt > 0 && (
        <Loaded query={attempts} lines={2}>
          {(found) => (
            <AttemptFacts attempts={found} chosen={number} onChoose={(chosen) => change({ attempt: chosen })} />
          )}
        </Loaded>
      )}
      {attempt?.failure !== undefined && (
        <AttemptFailure failure={attempt.failure}>
          <TaskConnections run={run} node={task.node} />
        </AttemptFailure>
      )}
      <Tabs
        value={part}
        onChange={(value) => change({ part: value as NonNullable<RunSearch['part']> })}
        keepMounted={false}
        className={styles.tabs}
      >
        <Tabs.List>
          {isMapped && <Tabs.Tab value="items">Items</Tabs.Tab>}
          {!isMapped && <Tabs.Tab value="log">Log</Tabs.Tab>}
          <Tabs.Tab value="output">Output</Tabs.Tab>
          <Tabs.Tab value="details">Details</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="items" pt="sm">
          <TaskItems task={task} />
        </Tabs.Panel>
        <Tabs.Panel value="log" pt="sm" className={styles.log}>
          {number === 0 ? (
            <EmptyState title="No log yet">
              The task has not started. Its log appears here as soon as it does.
            </EmptyState>
          ) : attempt === undefined ? null : (
            <LogView
              taskRun={task.id}
              attempt={number}
              isOver={attempt.ended_at !== undefined}
              opensAtEnd={attempt.outcome !== 'success'}
              address={search}
              onAddress={lookAtLog}
            />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="output" pt="sm">
          <TaskOutput task={task} />
        </Tabs.Panel>
        <Tabs.Panel value="details" pt="sm">
          <TaskDetails run={run} task={task} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  )
}
