import { Anchor, Button, Group, Paper, Progress, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { api, apiQuery, invalidate, type Schema } from '../api/index.ts'
import { rates, type Sample, TimeChart } from '../charts/index.ts'
import { useLive } from '../live/index.ts'
import { Duration, Failure, Loaded, Moment, StateBadge } from '../ui/index.ts'
import { bytesText, countText } from './amounts.ts'
import { isCopyOutput } from './manifest.ts'
import { ManifestView } from './manifest-view.tsx'
import { TableProgress } from './table-progress.tsx'

interface CopyRunProps {
  readonly run: string
  /** Of the copy, for the name of a file that is downloaded. */
  readonly name: string
  readonly mayWrite: boolean
}

/** One run of a copy: how far it is, while it runs; what is proven of it, afterwards. */
export function CopyRun({ run: id, name, mayWrite }: CopyRunProps) {
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
      {({ state, reason, started_at, ended_at, created_at }) => {
        const isOpen = state === 'queued' || state === 'running'
        return (
          <Stack gap="md">
            <Group justify="space-between">
              <Group gap="sm">
                <StateBadge state={state} />
                <Text size="sm">
                  <Moment at={started_at ?? created_at} /> · <Duration from={started_at} to={ended_at} />
                </Text>
                <Anchor size="sm" component={Link} to="/runs/$run" params={{ run: id } as never}>
                  Run and log
                </Anchor>
              </Group>
              {mayWrite && (
                <Group gap="xs">
                  {isOpen && (
                    <Button size="xs" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
                      Cancel the run
                    </Button>
                  )}
                  {(state === 'failed' || state === 'cancelled') && (
                    <Button size="xs" loading={retry.isPending} onClick={() => retry.mutate()}>
                      Try again
                    </Button>
                  )}
                </Group>
              )}
            </Group>
            {reason !== undefined && <Text size="sm">{reason}</Text>}
            {task !== undefined && isOpen && <Advance task={task} />}
            {task !== undefined && !isOpen && state !== 'success' && <Ending task={task} />}
            {task !== undefined && state === 'success' && <Result task={task} name={name} />}
          </Stack>
        )
      }}
    </Loaded>
  )
}

type TaskRun = Schema<'TaskRun'>

/** So many looks are kept for the chart. */
const mostSamples = 1800

function Advance({ task }: { readonly task: TaskRun }) {
  const { progress, attempt, reason, state } = task
  const [samples, setSamples] = useState<readonly Sample[]>([])
  const done = progress?.done
  useEffect(() => {
    if (done !== undefined) setSamples((before) => [...before, { at: Date.now(), done }].slice(-mostSamples))
  }, [done])
  const total = progress?.total
  const part =
    total === undefined || total === 0 || done === undefined ? undefined : Math.min(100, (100 * done) / total)
  const bytes = progress?.bytes
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        {state !== 'running' && <Text size="sm">{reason}</Text>}
        {attempt > 1 && <Text size="sm">Attempt {attempt}; chunks that were finished are not copied again.</Text>}
        <Text size="sm" className="numeric" role="status">
          {done === undefined ? 'Looking at both sides…' : `${countText(done)} rows`}
          {total !== undefined && total > 0 && ` of about ${countText(total)}`}
          {bytes !== undefined && bytes > 0 && ` · ${bytesText(bytes)}`}
        </Text>
        {part !== undefined && (
          <Progress.Root size="lg">
            <Progress.Section value={part} aria-label="Rows that are copied" />
          </Progress.Root>
        )}
        <TimeChart label="Rows per second" points={rates(samples)} />
        <TableProgress task={task} />
      </Stack>
    </Paper>
  )
}

function Ending({ task }: { readonly task: TaskRun }) {
  const attempts = useQuery(apiQuery('/api/task-runs/{task_run}/attempts', { params: { path: { task_run: task.id } } }))
  return (
    <Loaded query={attempts} lines={2}>
      {([last]) => {
        const message = last?.failure?.message ?? task.reason
        return <Failure title="The copy did not end well" error={new Error(message)} />
      }}
    </Loaded>
  )
}

function Result({ task, name }: { readonly task: TaskRun; readonly name: string }) {
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
