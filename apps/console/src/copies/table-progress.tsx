import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { api, type Schema } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import { countText, DataTable } from '../ui/index.ts'
import { parseLog, type TableState, tablesIn } from './tables-in-log.ts'

const stateTexts: Readonly<Record<TableState['state'], string>> = {
  extract: 'copying',
  verify: 'comparing both sides',
  publish: 'becoming visible',
  done: 'done',
  failed: 'failed',
}

/** Between two readings of the log. */
const everyMs = 1000

/** How far each table is. */
export function TableProgress({ task: { id, attempt, progress } }: { readonly task: Schema<'TaskRun'> }) {
  const log = useQuery({
    queryKey: ['tables of a copy', id, attempt],
    enabled: attempt > 0,
    retry: false,
    queryFn: async ({ signal }) =>
      tablesIn(parseLog(await (await api.stream(`/api/task-runs/${id}/log`, { signal })).text())),
  })
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useLive({
    log: `${id}`,
    onLog: () => {
      timer.current ??= setTimeout(() => {
        timer.current = undefined
        void log.refetch()
      }, everyMs)
    },
  })
  useEffect(() => () => clearTimeout(timer.current), [])
  const tables = log.data ?? []
  if (tables.length === 0) return null
  const open = tables.filter(({ state }) => state !== 'done')
  const finished = tables.reduce((sum, { state, rows = 0 }) => sum + (state === 'done' ? rows : 0), 0)
  // The log tells of a table every ten seconds; of a single one that is left, the task's own count is newer.
  const rowsOf = ({ state, rows }: TableState) =>
    open.length === 1 && state !== 'done' && progress !== undefined ? Math.max(0, progress.done - finished) : rows
  return (
    <DataTable
      label="Tables"
      rows={tables}
      rowKey={({ table }) => table}
      columns={[
        { title: 'Table', cell: ({ table }) => table },
        { title: 'State', cell: ({ state }) => stateTexts[state] },
        {
          title: 'Rows',
          align: 'right',
          cell: (table) => {
            const rows = rowsOf(table)
            return <span className="numeric">{rows === undefined ? '–' : countText(rows)}</span>
          },
        },
      ]}
    />
  )
}
