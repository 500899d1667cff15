import { Anchor, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { apiPage, apiQuery } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import { DataTable, Duration, EmptyState, Loaded, Moment, Pager, StateBadge } from '../ui/index.ts'
import type { Pipeline } from './board/edited.ts'

/** Runs of a pipeline, and when each told its run event. */
export function PipelineRuns({ pipeline: { id, workflow } }: { readonly pipeline: Pipeline }) {
  const { page = 1 } = useSearch({ strict: false }) as { page?: number }
  useLive({ runs: true })
  const runs = useQuery(apiPage('/api/runs', { params: { query: { workflow, page, per_page: 25 } } }))
  const events = useQuery(
    apiQuery('/api/pipelines/{id}/run-events', { params: { path: { id }, query: { per_page: 100 } } }),
  )
  const eventOf = (run: string) => events.data?.find((one) => one.id === run)?.created_at
  return (
    <Loaded query={runs}>
      {({ items, total, totalPages }) =>
        items.length === 0 ? (
          <EmptyState title="No runs yet">
            Activate the pipeline and press “Run now”, or wait for its schedule.
          </EmptyState>
        ) : (
          <Stack>
            <DataTable
              label="Runs of the pipeline"
              rows={items}
              rowKey={(run) => run.id}
              columns={[
                {
                  title: 'Run',
                  cell: (run) => (
                    <Anchor size="sm" component={Link} to="/runs/$run" params={{ run: run.id } as never}>
                      {run.id}
                    </Anchor>
                  ),
                },
                { title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
                { title: 'Trigger', isSecondary: true, cell: ({ trigger }) => trigger },
                { title: 'For', isSecondary: true, cell: ({ logical_date }) => <Moment at={logical_date} /> },
                { title: 'Started', align: 'right', cell: ({ started_at }) => <Moment at={started_at} /> },
                {
                  title: 'Took',
                  align: 'right',
                  cell: ({ started_at, ended_at }) => <Duration from={started_at} to={ended_at} />,
                },
                {
                  title: 'Run event',
                  isSecondary: true,
                  align: 'right',
                  cell: (run) => <Moment at={eventOf(run.id)} />,
                },
              ]}
            />
            <Pager page={page} totalPages={totalPages} total={total} of="runs" />
          </Stack>
        )
      }
    </Loaded>
  )
}
