import { Anchor, Code, Group, MultiSelect } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { apiPage, type Schema } from '../../api/index.ts'
import { DataTable, EmptyState, Loaded, StateBadge, stateLook } from '../../ui/index.ts'
import { Reason } from '../reason.tsx'
import { taskStates } from '../search.ts'
import { TaskDuration } from '../task-duration.tsx'
import { useTaskSearch } from '../use-task-search.ts'
import { PageButtons } from './page-buttons.tsx'

const perPage = 50

/** The items of a mapped node, each a task run of its own. */
export function TaskItems({ task }: { readonly task: Schema<'TaskRun'> }) {
  const { open } = useTaskSearch()
  const [states, setStates] = useState<string[]>([])
  const [page, setPage] = useState(1)
  const query = { node: task.node, page, per_page: perPage, ...(states.length === 0 ? {} : { state: states as never }) }
  const items = useQuery({
    ...apiPage('/api/runs/{run}/task-runs', { params: { path: { run: task.run }, query } }),
    placeholderData: keepPreviousData,
  })
  return (
    <>
      <Group mb="xs">
        <MultiSelect
          aria-label="States of items"
          placeholder={states.length === 0 ? 'All states' : ''}
          size="xs"
          w={320}
          clearable
          data={taskStates.map((value) => ({ value, label: stateLook(value).label }))}
          value={states}
          onChange={(chosen) => {
            setStates(chosen)
            setPage(1)
          }}
        />
      </Group>
      <Loaded query={items}>
        {({ items: all, totalPages }) => {
          // The node itself stands among them.
          const found = all.filter(({ map_index }) => map_index !== undefined)
          if (found.length === 0) {
            return <EmptyState title="No items">There are none in these states, or they are not known yet.</EmptyState>
          }
          return (
            <>
              <DataTable
                label="Items"
                rows={found}
                rowKey={({ id }) => id}
                columns={[
                  {
                    title: 'Item',
                    cell: ({ id, map_index }) => (
                      <Anchor component="button" type="button" size="sm" onClick={() => open(id)}>
                        {task.node}[{map_index}]
                      </Anchor>
                    ),
                  },
                  { title: 'Value', isSecondary: true, cell: ({ item }) => <Code>{shortJson(item)}</Code> },
                  { title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
                  { title: 'Why', cell: ({ state, reason }) => (reason === state ? null : <Reason text={reason} />) },
                  {
                    title: 'Duration',
                    align: 'right',
                    cell: (item) => <TaskDuration task={item} />,
                  },
                ]}
              />
              <PageButtons page={page} totalPages={totalPages} onPage={setPage} />
            </>
          )
        }}
      </Loaded>
    </>
  )
}

function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? ''
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
