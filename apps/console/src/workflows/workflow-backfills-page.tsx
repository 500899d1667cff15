import { Button, Group, Progress, Stack, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { apiQuery, type Schema } from '../api/index.ts'
import { DataTable, EmptyState, Loaded, Moment } from '../ui/index.ts'
import { BackfillActions } from './backfill-actions.tsx'
import { BackfillState } from './backfill-state.tsx'
import { useWorkflow } from './use-workflow.ts'

const perPage = 25
const lookAgainMs = 3000
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** Ranges of the past that were run again, or for the first time. */
export function WorkflowBackfillsPage() {
  const { workflow, mayWrite } = useWorkflow()
  const { before } = useSearch({ from: '/shell/workflows/$workflow/backfills' })
  const navigate = useNavigate({ from: '/workflows/$workflow/backfills' })
  const setBefore = (id: number | undefined) => void navigate({ search: id === undefined ? {} : { before: id } })
  const list = useQuery({
    ...apiQuery('/api/backfills', {
      params: {
        query: { workflow: workflow.name, per_page: perPage, ...(before === undefined ? {} : { before }) },
      },
    }),
    placeholderData: keepPreviousData,
    // Runs tell of themselves; the scheduler, which makes them and ends a backfill, does not.
    refetchInterval: ({ state: { data } }) => (data?.some(({ state }) => state === 'running') ? lookAgainMs : false),
  })
  const start = mayWrite && workflow.schedule !== undefined && (
    <Button component={Link} to="/workflows/$workflow/backfills/new" params={{ workflow: workflow.name } as never}>
      New backfill
    </Button>
  )
  return (
    <Loaded query={list}>
      {(rows) =>
        rows.length === 0 && before === undefined ? (
          <EmptyState title="No backfills yet" action={start}>
            A backfill makes a run for every tick of the schedule in a range of the past.
            {workflow.schedule === undefined && ' This workflow has no schedule, so there are no ticks.'}
          </EmptyState>
        ) : (
          <Stack gap="sm">
            <Group justify="flex-end">{start}</Group>
            <DataTable
              label="Backfills"
              rows={rows}
              rowKey={({ id }) => id}
              columns={[
                { title: 'State', cell: (row) => <StateCell backfill={row} /> },
                {
                  title: 'Range',
                  cell: (row) => (
                    <Text size="sm" className="numeric">
                      {day.formatRange(new Date(row.start), new Date(row.end))}
                    </Text>
                  ),
                },
                { title: 'Progress', cell: (row) => <ProgressCell progress={row.progress} /> },
                { title: 'Version', isSecondary: true, cell: ({ version }) => version },
                { title: 'At once', isSecondary: true, align: 'right', cell: (row) => row.max_active_runs },
                { title: 'Made', isSecondary: true, cell: ({ created_at }) => <Moment at={created_at} /> },
                {
                  title: 'Change',
                  cell: (row) => (
                    <Group gap="xs" wrap="nowrap">
                      <Button
                        size="compact-sm"
                        variant="default"
                        component={Link}
                        to="/runs"
                        search={{ backfill: row.id } as never}
                        aria-label={`Runs of backfill ${row.id}`}
                      >
                        Runs
                      </Button>
                      {mayWrite && <BackfillActions backfill={row} />}
                    </Group>
                  ),
                },
              ]}
            />
            {(rows.length === perPage || before !== undefined) && (
              <Group>
                {before !== undefined && (
                  <Button size="compact-sm" variant="default" onClick={() => setBefore(undefined)}>
                    Newest
                  </Button>
                )}
                {rows.length === perPage && (
                  <Button size="compact-sm" variant="default" onClick={() => setBefore(rows.at(-1)?.id)}>
                    Older
                  </Button>
                )}
              </Group>
            )}
          </Stack>
        )
      }
    </Loaded>
  )
}

function StateCell({ backfill: { state, reason } }: { readonly backfill: Schema<'Backfill'> }) {
  return (
    <Stack gap={2} align="flex-start">
      <BackfillState state={state} />
      {reason !== undefined && (
        <Text size="xs" c="dimmed">
          {reason}
        </Text>
      )}
    </Stack>
  )
}

function ProgressCell({ progress }: { readonly progress: Schema<'Backfill'>['progress'] }) {
  const { total, success, failed, cancelled, active, skipped } = progress
  const share = (count: number) => (total === 0 ? 0 : (100 * count) / total)
  const words = [
    `${success + failed + cancelled + skipped} of ${total}`,
    ...(active > 0 ? [`${active} active`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
    ...(skipped > 0 ? [`${skipped} had a run`] : []),
  ].join(', ')
  return (
    <Stack gap={2} miw={140}>
      <Progress.Root size="sm" aria-hidden>
        <Progress.Section value={share(success)} color="green" />
        <Progress.Section value={share(failed)} color="red" />
        <Progress.Section value={share(cancelled)} color="yellow" />
        <Progress.Section value={share(skipped)} color="gray" />
        <Progress.Section value={share(active)} color="blue" striped animated />
      </Progress.Root>
      <Text size="xs" className="numeric">
        {words}
      </Text>
    </Stack>
  )
}
