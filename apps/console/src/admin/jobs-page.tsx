import { Anchor, Code, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiQuery } from '../api/index.ts'
import { DataTable, Loaded, Moment } from '../ui/index.ts'
import { JobRunState } from './job-run-state.tsx'
import { RunJob } from './run-job.tsx'

export function JobsPage() {
  const jobs = useQuery(apiQuery('/api/jobs', { params: { query: { per_page: 100 } } }))
  return (
    <Loaded query={jobs} lines={8}>
      {(found) => (
        <DataTable
          label="Background jobs of the server"
          rows={found}
          rowKey={({ name }) => name}
          columns={[
            {
              title: 'Job',
              cell: ({ name, description }) => (
                <>
                  <Anchor
                    size="sm"
                    renderRoot={(props) => <Link {...props} to="/admin/jobs/$job" params={{ job: name }} />}
                  >
                    {name}
                  </Anchor>
                  <Text size="xs" c="dimmed">
                    {description}
                  </Text>
                </>
              ),
            },
            {
              title: 'Last run',
              cell: ({ last_run }) =>
                last_run === undefined ? (
                  <Text size="sm" c="dimmed">
                    never
                  </Text>
                ) : (
                  <JobRunState run={last_run} />
                ),
            },
            {
              title: 'Ended',
              align: 'right',
              isSecondary: true,
              cell: ({ last_run }) => <Moment at={last_run?.ended_at} />,
            },
            {
              title: 'Schedule (UTC)',
              isSecondary: true,
              cell: ({ schedule }) => (schedule === undefined ? 'when asked' : <Code>{schedule}</Code>),
            },
            { title: 'Next', align: 'right', isSecondary: true, cell: ({ next_at }) => <Moment at={next_at} /> },
            { title: 'Actions', align: 'right', cell: ({ name }) => <RunJob job={name} /> },
          ]}
        />
      )}
    </Loaded>
  )
}
