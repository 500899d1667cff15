import { Button, Group, Modal, SegmentedControl, Stack, Text, Textarea } from '@mantine/core'
import { useState } from 'react'
import { api, type Schema } from '../../api/index.ts'
import { Failure } from '../../ui/index.ts'
import { useRunChange } from '../use-run-change.ts'

const states = ['success', 'failed', 'skipped'] as const

interface MarkDialogProps {
  readonly task: Schema<'TaskRun'>
  readonly isOpen: boolean
  readonly onClose: () => void
}

/** Says how a task ended, against what it did. */
export function MarkDialog({ task, isOpen, onClose }: MarkDialogProps) {
  const [state, setState] = useState<(typeof states)[number]>('success')
  const [note, setNote] = useState('')
  const { run, node } = task
  const mark = useRunChange(
    () => {
      const text = note.trim()
      const body = { node, state, ...(text === '' ? {} : { note: text }) }
      return api.post('/api/runs/{run}/mark', { params: { path: { run } }, body })
    },
    { showsFailure: true, onDone: onClose },
  )
  return (
    <Modal opened={isOpen} onClose={onClose} title={`Mark ${node}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          mark.mutate()
        }}
      >
        <Stack>
          <SegmentedControl
            aria-label="Mark as"
            data={[...states]}
            value={state}
            onChange={(value) => setState(value as typeof state)}
          />
          <Text size="sm">
            The task counts as {state === 'success' ? 'done, without an output' : state}; an attempt that runs is
            stopped and its result dropped. What comes after it and never ran is decided anew.
          </Text>
          <Textarea
            label="Note"
            description="Why, for others. It stands beside the state."
            maxLength={1000}
            autosize
            minRows={2}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
            data-autofocus
          />
          {mark.error !== null && <Failure error={mark.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={mark.isPending}>
              Mark as {state}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
