import { Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api, apiQuery, invalidate, type Schema } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import { Duration, Loaded, Moment, StateBadge } from '../ui/index.ts'
import { CopyAdvance } from './copy-advance.tsx'
import type { Copy } from './copy-editor.tsx'
import { CopyEnding } from './copy-ending.tsx'
import { isCopyOutput } from './manifest.ts'
import { ManifestView } from './manifest-view.tsx'

interface CopyRunProps {
  readonly run: string
  readonly copy: Copy
  readonly mayWrite: boolean
}

/** One run of a copy: how far it is, while it runs; what is proven of it, afterwards. */
export function CopyRun({ run: id, copy, mayWrite }: CopyRunProps) {
  useLive({ run: id })
  const run = useQuery(apiQuery('/api/runs/{run}', { params: { path: { run: id } } }))
  const tasks = useQuery(apiQuery('/api/runs/{run}/task-runs', { params: { path: { run: id } } }))
  const cancel = useMutation({
    mutationFn: async () => await api.post('/api/runs/{run}/cancel', { params: { path: { run: id } } }),
    onSuccess: async () => await invalidate('/api/runs/{run}', '/api/runs/{run}/task-runs'),
  })
  const retry = useMutation({
    mutationFn: async () => await api.post('/api/runs/{run}/retry', { params: { path: { run: id } } }),
    onSuccess: async () => await invalidate('/api/runs/{run}', '/api/runs/{run}/task-runs'),
  })
  const task = tasks.data?.find(({ node }) => node === 'transfer')
  return (
    <Loaded query={run}>
      {({ state, reason, started_at, ended_at, created_at, version }) => {
        const isOpen = state === 'queued' || state === 'running'
        const mayRetry = mayWrite && (state === 'failed' || state === 'cancelled')
        return (
          <Stack gap="md">
            <Group justify="space-between">
              <Group gap="sm">
                <StateBadge state={state} />
                <Text size="sm" component="div">
                  <Moment at={started_at ?? created_at} /> · <Duration from={started_at} to={ended_at} />
                </Text>
                <Anchor size="sm" component={Link} to="/runs/$run" params={{ run: id } as never}>
                  Run and log
                </Anchor>
              </Group>
              <Group gap="xs">
                {mayWrite && isOpen && (
                  <Button size="xs" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
                    Cancel the run
                  </Button>
                )}
                {mayRetry && (
                  <Button size="xs" loading={retry.isPending} onClick={() => retry.mutate()}>
                    Try again
                  </Button>
                )}
              </Group>
            </Group>
            {reason !== undefined && <Text size="sm">{reason}</Text>}
            {mayRetry && version !== copy.version && (
              <Text size="sm">
                The copy was changed after this run. “Run now” copies as it is now, “Try again” as it was then.
              </Text>
            )}
            {task !== undefined && isOpen && <CopyAdvance task={task} copy={copy} mayWrite={mayWrite} />}
            {task !== undefined && !isOpen && state !== 'success' && (
              <CopyEnding task={task} copy={copy} mayWrite={mayWrite} />
            )}
            {task !== undefined && state === 'success' && <Result task={task} name={copy.name} />}
          </Stack>
        )
      }}
    </Loaded>
  )
}

function Result({ task, name }: { readonly task: Schema<'TaskRun'>; readonly name: string }) {
  const output = useQuery(apiQuery('/api/task-runs/{task_run}/output', { params: { path: { task_run: task.id } } }))
  return (
    <Loaded query={output}>
      {({ value }) => {
        if (!isCopyOutput(value)) return <Text size="sm">The run left no record of what it copied.</Text>
        return <ManifestView output={value} name={name} />
      }}
    </Loaded>
  )
}
