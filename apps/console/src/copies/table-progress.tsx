import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { api, type Schema } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import { DataTable } from '../ui/index.ts'
import { countText } from './amounts.ts'
import { parseLog, tablesIn } from './tables-in-log.ts'

/** Between two readings of the log. */
const everyMs = 1000

/** How far each of several tables is. */
export function TableProgress({ task: { id, attempt } }: { readonly task: Schema<'TaskRun'> }) {
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
  if (tables.length < 2) return null
  return (
    <DataTable
      label="Tables"
      rows={tables}
      rowKey={({ table }) => table}
      columns={[
        { title: 'Table', cell: ({ table }) => table },
        { title: 'State', cell: ({ state }) => state },
        { title: 'Rows', align: 'right', cell: ({ rows }) => (rows === undefined ? '–' : countText(rows)) },
      ]}
    />
  )
}
