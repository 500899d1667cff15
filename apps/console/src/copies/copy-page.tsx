import { Badge, Button, Group, Stack, Switch, Tabs, Text, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { api, apiQuery, invalidate } from '../api/index.ts'
import { useProjectPlace, useWrite } from '../connections/index.ts'
import { useLive } from '../live/index.ts'
import { cronWords } from '../ui/cron-words.ts'
import { confirm, EmptyState, Loaded, Moment } from '../ui/index.ts'
import styles from './copies.module.css'
import { type Copy, CopyEditor } from './copy-editor.tsx'
import { CopyRun } from './copy-run.tsx'
import { CopyRuns } from './copy-runs.tsx'
import { endsText } from './ends-text.ts'

export function CopyPage() {
  const { id } = useProjectPlace()
  const { copy: name } = useParams({ strict: false }) as { copy: string }
  useLive({ runs: true })
  const copy = useQuery(apiQuery('/api/projects/{id}/copies/{name}', { params: { path: { id, name } } }))
  return <Loaded query={copy}>{(found) => <CopyDetails key={found.name} copy={found} />}</Loaded>
}

function CopyDetails({ copy }: { readonly copy: Copy }) {
  const place = useProjectPlace()
  const mayWrite = useWrite(place) === true
  const { tab = 'run', run = copy.last_run?.id } = useSearch({ strict: false }) as { tab?: string; run?: string }
  const navigate = useNavigate()
  const go = (search: object) => void navigate({ to: '.', search } as never)
  const start = useMutation({
    mutationFn: async () =>
      await api.post('/api/workflows/{workflow}/runs', { params: { path: { workflow: copy.workflow } }, body: {} }),
    onSuccess: async (started) => {
      go({ run: started.id })
      await invalidate('/api/projects/{id}/copies/{name}', '/api/runs')
    },
  })
  const remove = useMutation({
    mutationFn: async () =>
      await api.delete('/api/projects/{id}/copies/{name}', { params: { path: { id: place.id, name: copy.name } } }),
    onSuccess: async () => {
      void navigate({
        to: '/projects/$namespace/$project/copies',
        params: { namespace: place.namespace, project: place.slug },
      } as never)
      await invalidate('/api/projects/{id}/copies', '/api/workflows')
    },
  })
  const askToRemove = async () => {
    const agreed = await confirm({
      title: `Remove the copy ${copy.name}?`,
      text: 'Its runs, their logs and manifests are removed with it. What was copied stays at the destination.',
      action: 'Remove',
    })
    if (agreed) remove.mutate()
  }
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <div className={styles.head}>
          <Group gap="sm">
            <Title order={2}>{copy.title ?? copy.name}</Title>
            {copy.paused && <Badge variant="default">paused</Badge>}
          </Group>
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {endsText(copy.config)} ·{' '}
            {copy.schedule === undefined ? (
              'runs when asked to'
            ) : (
              <>
                <span title={`${copy.schedule.cron} ${copy.schedule.timezone}`}>
                  {cronWords(copy.schedule.cron)} {copy.schedule.timezone}
                </span>
                {!copy.paused && copy.next_tick_at !== undefined && (
                  <>
                    , next <Moment at={copy.next_tick_at} />
                  </>
                )}
              </>
            )}
          </Text>
        </div>
        <Group gap="xs">
          {mayWrite && copy.schedule !== undefined && <PauseSwitch copy={copy} />}
          {mayWrite && (
            <Button loading={start.isPending} onClick={() => start.mutate()}>
              Run now
            </Button>
          )}
          <Button
            variant="default"
            renderRoot={(props) => (
              <Link {...props} to="/workflows/$workflow" params={{ workflow: copy.workflow } as never} />
            )}
          >
            Workflow
          </Button>
          {mayWrite && (
            <Button
              variant="default"
              c="var(--mantine-color-error)"
              loading={remove.isPending}
              onClick={() => void askToRemove()}
            >
              Remove
            </Button>
          )}
        </Group>
      </Group>
      <Tabs value={tab} keepMounted={false} onChange={(next) => go({ tab: next })}>
        <Tabs.List>
          <Tabs.Tab value="run">{run === copy.last_run?.id ? 'Last run' : `Run ${run}`}</Tabs.Tab>
          <Tabs.Tab value="runs">Runs</Tabs.Tab>
          {mayWrite && <Tabs.Tab value="definition">Definition</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="run" pt="md">
          {run === undefined ? (
            <EmptyState
              title="It did not run yet"
              action={
                mayWrite ? (
                  <Button loading={start.isPending} onClick={() => start.mutate()}>
                    Run now
                  </Button>
                ) : null
              }
            >
              What it copies, and what is proven of it, stands here afterwards.
            </EmptyState>
          ) : (
            <CopyRun key={run} run={run} copy={copy} mayWrite={mayWrite} />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="runs" pt="md">
          <CopyRuns workflow={copy.workflow} onOpen={(id) => go({ run: id })} />
        </Tabs.Panel>
        {mayWrite && (
          <Tabs.Panel value="definition" pt="md">
            <CopyEditor
              project={place}
              copy={copy}
              onSaved={(_copy, started) => go(started === undefined ? { tab: 'definition' } : { run: started.id })}
            />
          </Tabs.Panel>
        )}
      </Tabs>
    </Stack>
  )
}

function PauseSwitch({ copy: { workflow, paused } }: { readonly copy: Copy }) {
  const change = useMutation({
    mutationFn: async (wanted: boolean) =>
      await api.patch('/api/workflows/{workflow}', { params: { path: { workflow } }, body: { paused: wanted } }),
    onSuccess: async () =>
      await invalidate('/api/projects/{id}/copies/{name}', '/api/projects/{id}/copies', '/api/workflows'),
  })
  return (
    <Switch
      label="Schedule"
      checked={!(change.isPending ? change.variables : paused)}
      onChange={({ currentTarget }) => change.mutate(!currentTarget.checked)}
    />
  )
}
