import { Alert } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import { apiQuery } from '../api/index.ts'
import { EmptyState, Loaded } from '../ui/index.ts'
import { GanttView } from './gantt/gantt-view.tsx'
import { timeline } from './gantt/timeline.ts'
import { type RunEvent, useRunEvents } from './use-run-events.ts'
import { useTaskSearch } from './use-task-search.ts'

/** When each task of a run waited and ran, attempt by attempt. */
export function RunGanttPage() {
  const { run } = useParams({ from: '/shell/runs/$run' })
  const events = useRunEvents(run)
  return (
    <Loaded query={events}>
      {({ events: all, isCut }) => (
        <>
          {isCut && (
            <Alert color="yellow" p="xs">
              This is made of the first {all.length.toLocaleString()} events of the run; there are more.
            </Alert>
          )}
          <Timeline run={run} events={all} />
        </>
      )}
    </Loaded>
  )
}

function Timeline({ run, events }: { readonly run: string; readonly events: readonly RunEvent[] }) {
  const { search, open } = useTaskSearch()
  const { data } = useQuery(apiQuery('/api/runs/{run}', { params: { path: { run } } }))
  const rows = useMemo(() => timeline(events), [events])
  if (rows.length === 0) {
    return <EmptyState title="No task is ready yet">Bars appear here as soon as the first task is.</EmptyState>
  }
  const endedAt = data?.ended_at === undefined ? null : Date.parse(data.ended_at)
  return <GanttView label={`Gantt chart of run ${run}`} {...{ rows, endedAt }} selected={search.task} onOpen={open} />
}
