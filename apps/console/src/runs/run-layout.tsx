import { Alert, Anchor, Code } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useParams } from '@tanstack/react-router'
import { ApiError, apiQuery, type Schema } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import { Duration, Loaded, Moment, NotFound, Page, RouteTabs, StateBadge } from '../ui/index.ts'
import { DateTime } from './date-time.tsx'
import { type Fact, Facts } from './facts.tsx'
import { FirstFailure } from './first-failure.tsx'
import { Reason } from './reason.tsx'
import { RunActions } from './run-actions.tsx'
import { TaskDrawer } from './task/task-drawer.tsx'

/** The head of the page of a run, with the part that is open below it and the task that is looked at beside it. */
export function RunLayout() {
  const { run: id } = useParams({ from: '/shell/runs/$run' })
  const run = useQuery(apiQuery('/api/runs/{run}', { params: { path: { run: id } } }))
  useLive({ run: id })
  if (isMissing(run.error)) return <NotFound />
  return (
    <Loaded query={run}>
      {(found) => (
        <Page
          title={`Run ${found.id}`}
          above={[
            { label: 'Runs', link: { to: '/runs' } },
            { label: found.workflow, link: { to: '/workflows/$workflow', params: { workflow: found.workflow } } },
          ]}
          mark={<StateBadge state={found.state} />}
          about={<RunFacts run={found} />}
          actions={<RunActions run={found} />}
        >
          {found.reason !== undefined && (
            <Alert color={found.state === 'failed' ? 'red' : 'gray'} p="xs" title={null}>
              <Reason text={found.reason} />
            </Alert>
          )}
          {found.first_failure !== undefined && <FirstFailure run={found} failure={found.first_failure} />}
          <RunParts id={id} />
          <Outlet />
          <TaskDrawer run={found} />
        </Page>
      )}
    </Loaded>
  )
}

function isMissing(error: Error | null): boolean {
  // An id that is no number is none of a run.
  return error instanceof ApiError && (error.status === 404 || error.status === 422)
}

function RunParts({ id }: { readonly id: string }) {
  const params = { run: id }
  return (
    <RouteTabs
      label="Parts of the run"
      tabs={[
        { label: 'Graph', link: { to: '/runs/$run', params }, exact: true },
        { label: 'Tasks', link: { to: '/runs/$run/tasks', params } },
        { label: 'Gantt', link: { to: '/runs/$run/gantt', params } },
        { label: 'Events', link: { to: '/runs/$run/events', params } },
        { label: 'Compare', link: { to: '/runs/compare', search: { right: id } } },
      ]}
    />
  )
}

const isUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What it is a run of, when and with what; in one line that wraps. */
function RunFacts({ run }: { readonly run: Schema<'RunDetails'> }) {
  const { workflow, version, trigger, logical_date, data_interval, params, key } = run
  const facts: readonly Fact[] = [
    [
      'of',
      <Anchor
        key="workflow"
        component={Link}
        to="/workflows/$workflow"
        params={{ workflow } as never}
        size="sm"
        underline="always"
      >
        {workflow}
      </Anchor>,
    ],
    ['version', version],
    ['for', <DateTime key="date" at={logical_date} />],
    ...(data_interval.start === undefined
      ? []
      : ([
          [
            'data of',
            <span key="interval">
              <DateTime at={data_interval.start} /> to <DateTime at={data_interval.end} />
            </span>,
          ],
        ] as Fact[])),
    ['trigger', run.backfill === undefined ? trigger : `backfill ${run.backfill}`],
    ...(isUuid.test(key) || trigger !== 'manual' ? [] : ([['key', key]] as Fact[])),
    ...(run.parent_run === undefined
      ? []
      : ([
          [
            'started by',
            <Anchor
              key="parent"
              component={Link}
              to="/runs/$run"
              params={{ run: run.parent_run } as never}
              size="sm"
              underline="always"
            >
              run {run.parent_run}
            </Anchor>,
          ],
        ] as Fact[])),
    ['made', <Moment key="made" at={run.created_at} />],
    [
      run.started_at !== undefined && run.ended_at === undefined ? 'running for' : 'took',
      <Duration key="took" from={run.started_at} to={run.ended_at} />,
    ],
    ...(run.priority === 0 ? [] : ([['priority', run.priority]] as Fact[])),
  ]
  return (
    <>
      <Facts facts={facts} />
      {Object.keys(params).length > 0 && (
        <Code mt={4} style={{ display: 'inline-block', overflowWrap: 'anywhere' }} aria-label="Parameters">
          {JSON.stringify(params)}
        </Code>
      )}
    </>
  )
}
