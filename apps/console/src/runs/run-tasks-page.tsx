import { Anchor, Group, MultiSelect, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { apiPage, type Schema } from '../api/index.ts'
import { type Column, DataTable, EmptyState, Loaded, Pager, StateBadge, stateLook } from '../ui/index.ts'
import { TaskProgress } from './progress.tsx'
import { Reason } from './reason.tsx'
import { type TasksSearch, taskStates } from './search.ts'
import { TaskDuration } from './task-duration.tsx'
import { useTaskSearch } from './use-task-search.ts'

type TaskRun = Schema<'TaskRun'>

/** The task runs of a run in the order of its graph, with why each is in its state. */
export function RunTasksPage() {
  const { run } = useParams({ from: '/shell/runs/$run' })
  const { state, page = 1 } = useSearch({ from: '/shell/runs/$run/tasks' })
  const navigate = useNavigate()
  const { open } = useTaskSearch()
  const query = { page, per_page: 50, ...(state === undefined ? {} : { state: [...state] }) }
  const tasks = useQuery({
    ...apiPage('/api/runs/{run}/task-runs', { params: { path: { run }, query } }),
    placeholderData: keepPreviousData,
  })
  const filter = (chosen: string[]) => {
    const search = (chosen.length === 0 ? {} : { state: chosen }) as TasksSearch
    void navigate({ to: '/runs/$run/tasks', params: { run }, search, replace: true })
  }
  return (
    <>
      <Group>
        <MultiSelect
          aria-label="States"
          placeholder={state === undefined ? 'All states' : ''}
          size="xs"
          w={320}
          clearable
          data={taskStates.map((value) => ({ value, label: stateLook(value).label }))}
          value={[...(state ?? [])]}
          onChange={filter}
        />
      </Group>
      <Loaded query={tasks}>
        {({ items, total, totalPages }) =>
          items.length === 0 ? (
            <EmptyState title="No task is in these states">Choose other states, or none to see all.</EmptyState>
          ) : (
            <>
              <DataTable label="Tasks" rows={items} rowKey={({ id }) => id} columns={columnsOf(open)} />
              <Pager page={page} total={total} totalPages={totalPages} of="tasks" />
            </>
          )
        }
      </Loaded>
    </>
  )
}

export function taskName({ node, map_index }: TaskRun): string {
  return map_index === undefined ? node : `${node}[${map_index}]`
}

export function columnsOf(open: (task: number) => void): readonly Column<TaskRun>[] {
  return [
    {
      title: 'Task',
      cell: (task) => (
        <Anchor component="button" type="button" size="sm" ta="left" onClick={() => open(task.id)}>
          {taskName(task)}
        </Anchor>
      ),
    },
    { title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
    { title: 'Why', cell: ({ state, reason }) => (reason === state ? null : <Reason text={reason} />) },
    { title: 'Progress', cell: (task) => <TaskProgress task={task} /> },
    {
      title: 'Attempt',
      align: 'right',
      isSecondary: true,
      cell: ({ attempt, losses }) => (
        <Text span size="sm" className="numeric">
          {attempt === 0 ? '–' : attempt}
          {losses > 0 && ` (${losses} lost)`}
        </Text>
      ),
    },
    {
      title: 'Duration',
      align: 'right',
      cell: (task) => <TaskDuration task={task} />,
    },
    { title: 'Worker', isSecondary: true, cell: ({ worker }) => worker ?? '–' },
  ]
}
