import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { apiQuery, type Schema } from '../../api/index.ts'
import { CopyText, DataTable, durationText, EmptyState, JsonText, Loaded } from '../../ui/index.ts'
import { type LoadedTable, loadedTables } from './loaded-tables.ts'

/** What a task returned; of a transfer its tables with their proof first. */
export function TaskOutput({ task }: { readonly task: Schema<'TaskRun'> }) {
  const output = useQuery(apiQuery('/api/task-runs/{task_run}/output', { params: { path: { task_run: task.id } } }))
  return (
    <Loaded query={output}>
      {({ value }) => {
        if (value === null || value === undefined) {
          return (
            <EmptyState title="No output">
              {task.state === 'success' ? 'The task returned nothing.' : 'A task has an output once it succeeds.'}
            </EmptyState>
          )
        }
        const tables = loadedTables(value)
        return (
          <>
            {tables.length > 0 && <TransferredTables tables={tables} />}
            <Text component="div" size="sm" mb={4}>
              As JSON <CopyText value={JSON.stringify(value, null, 2)} label="Copy the output" />
            </Text>
            <JsonText value={value} label="Output" />
          </>
        )
      }}
    </Loaded>
  )
}

function TransferredTables({ tables }: { readonly tables: readonly LoadedTable[] }) {
  return (
    <DataTable
      label="Tables"
      rows={tables}
      rowKey={({ target, table }) => `${table} ${target}`}
      columns={[
        { title: 'From', cell: ({ table }) => table },
        { title: 'To', cell: ({ target }) => target },
        { title: 'Rows', align: 'right', cell: ({ rows }) => rows.toLocaleString() },
        {
          title: 'Rows/s',
          align: 'right',
          cell: ({ rows, durationMs }) =>
            durationMs === null || durationMs <= 0 ? '–' : Math.round((rows / durationMs) * 1000).toLocaleString(),
        },
        {
          title: 'Took',
          align: 'right',
          cell: ({ durationMs }) => (durationMs === null ? '–' : durationText(durationMs)),
        },
        { title: 'Proof', cell: ({ proof }) => proof ?? '–' },
      ]}
    />
  )
}
