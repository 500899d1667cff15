import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiQuery } from '../../api/index.ts'
import { useLive } from '../../live/index.ts'
import { DataTable, Duration, Loaded, Moment, Panel, StateBadge } from '../../ui/index.ts'
import { useProject } from '../use-project.ts'

const most = 8

export function LastRuns() {
  const { id } = useProject()
  useLive({ runs: true })
  const runs = useQuery(apiQuery('/api/runs', { params: { query: { project: id, per_page: most } } }))
  return (
    <Panel
      title="Last runs"
      actions={
        <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/runs" search={{ project: id }} />}>
          All runs
        </Anchor>
      }
    >
      <Loaded query={runs}>
        {(found) =>
          found.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nothing has run yet. A run begins by the schedule of a workflow, or when somebody triggers one.
            </Text>
          ) : (
            <DataTable
              label="Last runs"
              rows={found}
              rowKey={({ id: run }) => run}
              columns={[
                {
                  title: 'Run',
                  cell: ({ id: run, workflow }) => (
                    <Anchor
                      size="sm"
                      style={{ overflowWrap: 'break-word' }}
                      renderRoot={(props) => <Link {...props} to="/runs/$run" params={{ run }} />}
                    >
                      {workflow} {run}
                    </Anchor>
                  ),
                },
                { title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
                {
                  title: 'Took',
                  align: 'right',
                  isSecondary: true,
                  cell: ({ started_at, ended_at }) => <Duration from={started_at} to={ended_at} />,
                },
                { title: 'Created', align: 'right', cell: ({ created_at }) => <Moment at={created_at} /> },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  )
}
