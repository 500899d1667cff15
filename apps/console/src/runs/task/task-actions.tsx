import { Button, Group } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconReload } from '@tabler/icons-react'
import type { Schema } from '../../api/index.ts'
import { ClearDialog } from './clear-dialog.tsx'
import { MarkDialog } from './mark-dialog.tsx'
import { TryNowButton } from './try-now-button.tsx'

/** What can be done with a task of a run. Items of a mapped node share its fate, but for their next try. */
export function TaskActions({ run, task }: { readonly run: Schema<'Run'>; readonly task: Schema<'TaskRun'> }) {
  const [isClearing, clearing] = useDisclosure(false)
  const [isMarking, marking] = useDisclosure(false)
  if (task.map_index !== undefined) return <TryNowButton task={task} />
  const isFailed = task.state === 'failed' || task.state === 'cancelled' || task.state === 'upstream_failed'
  const isOver = isFailed || task.state === 'success' || task.state === 'skipped'
  return (
    <Group gap="xs">
      <TryNowButton task={task} />
      {isOver && (
        <Button
          size="xs"
          variant={isFailed ? 'filled' : 'default'}
          leftSection={<IconReload size={14} aria-hidden />}
          onClick={clearing.open}
        >
          {isFailed ? 'Retry…' : 'Do again…'}
        </Button>
      )}
      <Button size="xs" variant="default" onClick={marking.open}>
        Mark…
      </Button>
      <ClearDialog run={run.id} node={task.node} isOpen={isClearing} onClose={clearing.close} />
      <MarkDialog task={task} isOpen={isMarking} onClose={marking.close} />
    </Group>
  )
}
