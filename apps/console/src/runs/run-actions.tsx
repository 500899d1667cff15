import { Button, Menu, Modal, NumberInput, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconDots, IconPlayerStop, IconReload } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { api, type Schema } from '../api/index.ts'
import { confirm, Failure } from '../ui/index.ts'
import { ClearDialog } from './task/clear-dialog.tsx'
import { useMayChange } from './use-may-change.ts'
import { useRunChange } from './use-run-change.ts'

type Run = Schema<'RunDetails'>

// The form brings its own heavy library.
const RunAgainDialog = lazy(async () => ({ default: (await import('./run-again-dialog.tsx')).RunAgainDialog }))

/** What can be done with a whole run, for those who may. */
export function RunActions({ run }: { readonly run: Run }) {
  const mayChange = useMayChange(run.workflow)
  const params = { path: { run: run.id } }
  const cancel = useRunChange(() => api.post('/api/runs/{run}/cancel', { params }))
  const retry = useRunChange(() => api.post('/api/runs/{run}/retry', { params }))
  const [isClearing, clearing] = useDisclosure(false)
  const [isAgain, again] = useDisclosure(false)
  const [isPriority, priority] = useDisclosure(false)
  const isOpen = run.state === 'queued' || run.state === 'running'
  const { failed = 0, cancelled = 0, upstream_failed = 0 } = run.task_states
  const mayRetry = !isOpen && failed + cancelled + upstream_failed > 0
  if (!mayChange) return null
  const askCancel = async () => {
    const isSure = await confirm({
      title: `Cancel run ${run.id}?`,
      text: 'Tasks that wait end at once; those that run are asked to stop, and what they did not finish is lost. What succeeded stays. You can retry the run later.',
      action: 'Cancel the run',
    })
    if (isSure) cancel.mutate()
  }
  return (
    <>
      {mayRetry && (
        <Button
          leftSection={<IconReload size={16} aria-hidden />}
          loading={retry.isPending}
          onClick={() => retry.mutate()}
        >
          Retry failed
        </Button>
      )}
      {isOpen && (
        <Button
          variant="default"
          leftSection={<IconPlayerStop size={16} aria-hidden />}
          loading={cancel.isPending}
          onClick={() => void askCancel()}
        >
          Cancel
        </Button>
      )}
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button variant="default" px="xs" aria-label="More actions">
            <IconDots size={18} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={again.open}>Run again with other parameters…</Menu.Item>
          <Menu.Item onClick={clearing.open}>Do all tasks again…</Menu.Item>
          <Menu.Item disabled={!isOpen} onClick={priority.open}>
            Change the priority…
          </Menu.Item>
          <Menu.Item component={Link} {...({ to: '/runs/compare', search: { right: run.id } } as object)}>
            Compare with another run
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ClearDialog run={run.id} node={null} isOpen={isClearing} onClose={clearing.close} />
      <PriorityDialog run={run} isOpen={isPriority} onClose={priority.close} />
      {isAgain && (
        <Suspense>
          <RunAgainDialog run={run} onClose={again.close} />
        </Suspense>
      )}
    </>
  )
}

interface PriorityDialogProps {
  readonly run: Run
  readonly isOpen: boolean
  readonly onClose: () => void
}

function PriorityDialog({ run, isOpen, onClose }: PriorityDialogProps) {
  const [priority, setPriority] = useState<number | string>(run.priority)
  const change = useRunChange(
    () => api.patch('/api/runs/{run}', { params: { path: { run: run.id } }, body: { priority: Number(priority) } }),
    { showsFailure: true, onDone: onClose },
  )
  return (
    <Modal opened={isOpen} onClose={onClose} title="Priority of the run" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate()
        }}
      >
        <Stack>
          <Text size="sm">Tasks of a higher priority are taken first. It holds for what no worker has taken yet.</Text>
          <NumberInput
            label="Priority"
            value={priority}
            onChange={setPriority}
            min={-1_000_000}
            max={1_000_000}
            allowDecimal={false}
            required
            data-autofocus
          />
          {change.error !== null && <Failure error={change.error} />}
          <Button type="submit" loading={change.isPending} disabled={priority === ''}>
            Change
          </Button>
        </Stack>
      </form>
    </Modal>
  )
}
