import { Alert, Anchor, Button, Group, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconAlertTriangle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Schema } from '../api/index.ts'
import type { RunSearch } from './search.ts'
import { ClearDialog } from './task/clear-dialog.tsx'
import { useMayChange } from './use-may-change.ts'
import { withoutTask } from './use-task-search.ts'

interface FirstFailureProps {
  readonly run: Schema<'RunDetails'>
  readonly failure: NonNullable<Schema<'RunDetails'>['first_failure']>
}

/** What failed first, with the way to its log, and to doing it again. */
export function FirstFailure({ run, failure }: FirstFailureProps) {
  const { task_run: task, node, map_index, attempt, code, message } = failure
  const mayChange = useMayChange(run.workflow)
  const [isClearing, clearing] = useDisclosure(false)
  const others = (run.task_states.failed ?? 0) - 1
  const [firstLine = ''] = message.split('\n', 1)
  const search = (before: RunSearch): RunSearch => ({
    ...withoutTask(before),
    task,
    ...(attempt === 0 ? {} : { part: 'log' }),
  })
  return (
    <Alert color="red" p="sm" icon={<IconAlertTriangle aria-hidden />} aria-label="What failed first">
      <Group justify="space-between" align="flex-start" gap="sm">
        <div style={{ flex: '1 1 320px', minWidth: 0 }}>
          <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
            {map_index === undefined ? node : `${node}[${map_index}]`} failed
            {attempt > 1 && ` in attempt ${attempt}`}
            {code !== undefined && `: ${code}`}
          </Text>
          <Text size="sm" lineClamp={3} title={message} style={{ overflowWrap: 'anywhere' }}>
            {firstLine}
          </Text>
          <Group gap="md" mt={4}>
            <Anchor
              component={Link}
              {...({ to: '.', search, resetScroll: false } as object)}
              size="sm"
              c="inherit"
              underline="always"
            >
              {attempt === 0 ? 'Open the task' : 'Open its log'}
            </Anchor>
            {others > 0 && (
              <Anchor
                component={Link}
                {...({ to: '/runs/$run/tasks', params: { run: run.id }, search: { state: ['failed'] } } as object)}
                size="sm"
                c="inherit"
                underline="always"
              >
                {others === 1 ? '1 other task failed' : `${others.toLocaleString()} other tasks failed`}
              </Anchor>
            )}
          </Group>
        </div>
        {mayChange && (
          <Button size="xs" variant="default" onClick={clearing.open}>
            Do again from here…
          </Button>
        )}
      </Group>
      <ClearDialog run={run.id} node={node} isOpen={isClearing} onClose={clearing.close} />
    </Alert>
  )
}
