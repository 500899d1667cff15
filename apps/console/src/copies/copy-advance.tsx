import { Alert, Paper, Progress, Stack, Text } from '@mantine/core'
import { IconClockPause } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { apiQuery, type Schema } from '../api/index.ts'
import { rates, type Sample, TimeChart } from '../charts/index.ts'
import { bytesText, countText, Moment } from '../ui/index.ts'
import type { Copy } from './copy-editor.tsx'
import { RepairLinks } from './repair-links.tsx'
import { TableProgress } from './table-progress.tsx'

interface CopyAdvanceProps {
  readonly task: Schema<'TaskRun'>
  readonly copy: Copy
  readonly mayWrite: boolean
}

/** So many looks are kept for the chart. */
const mostSamples = 1800

/** How far a run of a copy is, how fast, and what it waits for. */
export function CopyAdvance({ task, copy, mayWrite }: CopyAdvanceProps) {
  const { progress, attempt, failures, reason, state } = task
  const done = progress?.done
  const [samples, setSamples] = useState<readonly Sample[]>([])
  useEffect(() => {
    if (done !== undefined) setSamples((before) => [...before, { at: Date.now(), done }].slice(-mostSamples))
  }, [done])
  if (state === 'ready' && failures > 0) return <Waiting task={task} copy={copy} mayWrite={mayWrite} />
  const total = progress?.total
  const part =
    total === undefined || total === 0 || done === undefined ? undefined : Math.min(100, (100 * done) / total)
  const bytes = progress?.bytes
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        {attempt > 1 && <Text size="sm">Attempt {attempt}; chunks that were finished are not copied again.</Text>}
        <Text size="sm" className="numeric" role="status">
          {state !== 'running' ? reason : done === undefined ? 'Looking at both sides…' : `${countText(done)} rows`}
          {total !== undefined && total > 0 && ` of about ${countText(total)}`}
          {bytes !== undefined && bytes > 0 && ` · ${bytesText(bytes)}`}
        </Text>
        {part !== undefined && (
          <Progress.Root size="lg">
            <Progress.Section value={part} aria-label="Rows that are copied" />
          </Progress.Root>
        )}
        {samples.length > 0 && <TimeChart label="Rows per second" points={rates(samples)} />}
        <TableProgress task={task} />
      </Stack>
    </Paper>
  )
}

/** An attempt failed, and there is another one to come. */
function Waiting({ task, copy, mayWrite }: CopyAdvanceProps) {
  const attempts = useQuery(apiQuery('/api/task-runs/{task_run}/attempts', { params: { path: { task_run: task.id } } }))
  const [last] = attempts.data ?? []
  return (
    <Alert
      color="yellow"
      icon={<IconClockPause aria-hidden />}
      title={
        <>
          Attempt {task.attempt} failed; the next one begins <Moment at={task.run_at} />
        </>
      }
    >
      <Stack gap="xs">
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {last?.failure?.message ?? task.reason}
        </Text>
        <Text size="sm">It takes the connections as they are by then. Finished chunks are not copied again.</Text>
        <RepairLinks copy={copy} mayWrite={mayWrite} />
      </Stack>
    </Alert>
  )
}
