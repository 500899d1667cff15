import { Anchor, Button, Code, Group, Stack, Switch, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { api, apiPage, invalidate, type Schema } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import { confirm, DataTable, Duration, EmptyState, Loaded, Moment, Pager } from '../ui/index.ts'
import { LoadBar } from './load-bar.tsx'
import { WorkerState } from './worker-state.tsx'

type Worker = Schema<'Worker'>

export function WorkersPage() {
  const { page = 1, ended } = useSearch({ from: '/shell/admin/workers' })
  const navigate = useNavigate()
  useLive({ runs: true })
  const workers = useQuery(
    apiPage('/api/workers', { params: { query: { page, per_page: 50, ...(ended ? { ended: true } : {}) } } }),
  )
  return (
    <Stack>
      <Switch
        label="Show workers that have ended"
        checked={ended ?? false}
        onChange={({ currentTarget }) =>
          void navigate({ to: '/admin/workers', search: currentTarget.checked ? { ended: true } : {} })
        }
      />
      <Loaded query={workers}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title="No workers">
              Nothing runs without one. Start a worker beside the server, or elsewhere with a worker token:{' '}
              <Code>millrace worker</Code>
            </EmptyState>
          ) : (
            <>
              <DataTable
                label="Workers"
                rows={items}
                rowKey={({ id }) => id}
                columns={[
                  {
                    title: 'Worker',
                    cell: ({ name, host, pid }) => (
                      <>
                        <Text size="sm" fw={600}>
                          {name}
                        </Text>
                        <Text size="xs" c="dimmed">
                          {host}, process {pid}
                        </Text>
                      </>
                    ),
                  },
                  { title: 'State', cell: ({ state }) => <WorkerState state={state} /> },
                  {
                    title: 'Slots used',
                    cell: ({ name, running, slots }) => (
                      <LoadBar used={running} of={slots} label={`Slots of ${name}`} />
                    ),
                  },
                  { title: 'Runs now', isSecondary: true, cell: (worker) => <Held worker={worker} /> },
                  { title: 'Queues', isSecondary: true, cell: ({ queues }) => queues.join(', ') },
                  { title: 'Version', isSecondary: true, cell: ({ version }) => version },
                  {
                    title: 'Last seen',
                    isSecondary: true,
                    align: 'right',
                    cell: ({ seen_at }) => <Moment at={seen_at} />,
                  },
                  { title: 'Actions', align: 'right', cell: (worker) => <Drain worker={worker} /> },
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="workers" />
            </>
          )
        }
      </Loaded>
    </Stack>
  )
}

/** So many attempts stand in the table itself. */
const shownAttempts = 4

function Held({ worker: { holds } }: { readonly worker: Worker }) {
  if (holds.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        nothing
      </Text>
    )
  }
  return (
    <Stack gap={2}>
      {holds.slice(0, shownAttempts).map(({ task_run, run, workflow, attempt, started_at }) => (
        <Group key={`${task_run}:${attempt}`} gap={6} wrap="nowrap">
          <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/runs/$run" params={{ run }} />}>
            {workflow}
          </Anchor>
          <Text size="xs" c="dimmed" component="span">
            <Duration from={started_at} to={undefined} />
          </Text>
        </Group>
      ))}
      {holds.length > shownAttempts && (
        <Text size="xs" c="dimmed">
          and {holds.length - shownAttempts} more
        </Text>
      )}
    </Stack>
  )
}

function Drain({ worker: { id, name, state, running } }: { readonly worker: Worker }) {
  const draining = useMutation({
    mutationFn: async () => {
      await api.post('/api/workers/{worker}/drain', { params: { path: { worker: id } } })
      await invalidate('/api/workers', '/api/queues')
    },
  })
  if (state !== 'active') return null
  return (
    <Button
      size="compact-sm"
      variant="default"
      aria-label={`Drain ${name}`}
      loading={draining.isPending}
      onClick={() => {
        void confirm({
          title: `Drain ${name}?`,
          text: `It takes nothing more, and ends once the ${running} that it runs have ended. It cannot be called back: start it again to have it take work.`,
          action: 'Drain',
        }).then((agreed) => agreed && draining.mutate())
      }}
    >
      Drain
    </Button>
  )
}
