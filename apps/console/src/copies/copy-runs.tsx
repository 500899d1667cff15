import { Anchor } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { apiPage } from '../api/index.ts'
import { DataTable, Duration, EmptyState, Loaded, Moment, Pager, StateBadge } from '../ui/index.ts'
import { LastProof } from './last-proof.tsx'

interface CopyRunsProps {
  readonly workflow: string
  readonly onOpen: (run: string) => void
}

/** Every run of a copy, the latest first. */
export function CopyRuns({ workflow, onOpen }: CopyRunsProps) {
  const { page = 1 } = useSearch({ strict: false }) as { page?: number }
  const runs = useQuery(apiPage('/api/runs', { params: { query: { workflow, page, per_page: 20 } } }))
  return (
    <Loaded query={runs}>
      {({ items, totalPages, total }) =>
        items.length === 0 ? (
          <EmptyState title="It did not run yet" />
        ) : (
          <>
            <DataTable
              label="Runs of the copy"
              rows={items}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: 'Run',
                  cell: ({ id }) => (
                    <Anchor component="button" type="button" size="sm" onClick={() => onOpen(id)}>
                      {id}
                    </Anchor>
                  ),
                },
                { title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
                { title: 'Started', cell: ({ started_at, created_at }) => <Moment at={started_at ?? created_at} /> },
                {
                  title: 'Duration',
                  isSecondary: true,
                  align: 'right',
                  cell: ({ started_at, ended_at }) => <Duration from={started_at} to={ended_at} />,
                },
                {
                  title: 'Rows and proof',
                  isSecondary: true,
                  cell: ({ id, state }) => <LastProof run={id} state={state} />,
                },
                { title: 'By', isSecondary: true, cell: ({ trigger }) => trigger },
              ]}
            />
            <Pager page={page} totalPages={totalPages} total={total} of="runs" />
          </>
        )
      }
    </Loaded>
  )
}
