import { Anchor, Button, Code, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams, useSearch } from '@tanstack/react-router'
import { apiPage, apiQuery, type Schema } from '../api/index.ts'
import { DataTable, durationText, EmptyState, Loaded, Moment, Pager, UserName } from '../ui/index.ts'
import { JobRunState } from './job-run-state.tsx'
import { RunJob } from './run-job.tsx'

export function JobPage() {
  const { job } = useParams({ from: '/shell/admin/jobs/$job' })
  const { page = 1 } = useSearch({ from: '/shell/admin/jobs/$job' })
  const jobs = useQuery(apiQuery('/api/jobs', { params: { query: { per_page: 100 } } }))
  const runs = useQuery(apiPage('/api/jobs/{job}/runs', { params: { path: { job }, query: { page, per_page: 50 } } }))
  const about = jobs.data?.find(({ name }) => name === job)
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <div>
          <Anchor size="sm" component={Link} to="/admin/jobs">
            All jobs
          </Anchor>
          <Title order={2}>{job}</Title>
          {about !== undefined && (
            <Text size="sm" c="dimmed">
              {about.description}
            </Text>
          )}
        </div>
        <Group gap="xs">
          <Button size="compact-sm" variant="subtle" loading={runs.isFetching} onClick={() => void runs.refetch()}>
            Read again
          </Button>
          <RunJob job={job} />
        </Group>
      </Group>
      <Loaded query={runs}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title="It has not run yet">
              Runs will stand here with what they did, or why they failed.
            </EmptyState>
          ) : (
            <>
              <DataTable
                label={`Runs of ${job}`}
                rows={items}
                rowKey={({ id }) => id}
                columns={[
                  { title: 'State', cell: (run) => <JobRunState run={run} /> },
                  { title: 'What came of it', cell: (run) => <Outcome run={run} /> },
                  {
                    title: 'Asked for by',
                    isSecondary: true,
                    cell: ({ requested_by }) =>
                      requested_by === undefined ? 'the schedule' : <UserName id={requested_by} />,
                  },
                  {
                    title: 'Took',
                    align: 'right',
                    isSecondary: true,
                    cell: ({ duration_seconds }) =>
                      duration_seconds === undefined ? '–' : durationText(duration_seconds * 1000),
                  },
                  { title: 'Created', align: 'right', cell: ({ created_at }) => <Moment at={created_at} /> },
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="runs" />
            </>
          )
        }
      </Loaded>
    </Stack>
  )
}

function Outcome({ run: { error, summary, attempt } }: { readonly run: Schema<'JobRun'> }) {
  if (error !== undefined) {
    return (
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {error} {attempt > 1 && `(attempt ${attempt})`}
      </Text>
    )
  }
  if (summary === undefined || Object.keys(summary).length === 0) {
    return (
      <Text size="sm" c="dimmed">
        –
      </Text>
    )
  }
  return (
    <Code>
      {Object.entries(summary)
        .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
        .join(', ')}
    </Code>
  )
}
