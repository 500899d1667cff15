import { Button, Checkbox, Code, Group, Modal, ScrollArea, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, apiQuery } from '../../api/index.ts'
import { Failure, Loaded, StateBadge } from '../../ui/index.ts'
import { useRunChange } from '../use-run-change.ts'
import { downstreamOf } from './downstream.ts'

interface ClearDialogProps {
  readonly run: string
  /** What to do again; null for all nodes of the run. */
  readonly node: string | null
  readonly isOpen: boolean
  readonly onClose: () => void
}

/** Asks before tasks are done again, and says which. */
export function ClearDialog({ run, node, isOpen, onClose }: ClearDialogProps) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={node === null ? 'Do all tasks again?' : `Do ${node} again?`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <ClearForm run={run} node={node} onClose={onClose} />
    </Modal>
  )
}

function ClearForm({ run, node, onClose }: Omit<ClearDialogProps, 'isOpen'>) {
  const [isDownstream, setDownstream] = useState(true)
  const graph = useQuery(apiQuery('/api/runs/{run}/graph', { params: { path: { run } } }))
  const clear = useRunChange(
    (nodes: string[]) =>
      api.post('/api/runs/{run}/clear', { params: { path: { run } }, body: { nodes, downstream: false } }),
    { showsFailure: true, onDone: onClose },
  )
  return (
    <Loaded query={graph}>
      {({ nodes, edges }) => {
        const wanted =
          node === null
            ? new Set(nodes.map(({ id }) => id))
            : isDownstream
              ? downstreamOf(edges, node)
              : new Set([node])
        const cleared = nodes.filter(({ id }) => wanted.has(id))
        const running = cleared.filter(({ state }) => state === 'running')
        return (
          <Stack>
            {node !== null && (
              <Checkbox
                label="Also everything that comes after it"
                checked={isDownstream}
                onChange={(event) => setDownstream(event.currentTarget.checked)}
                data-autofocus
              />
            )}
            <Text size="sm">
              {cleared.length === 1 ? 'This task is' : `These ${cleared.length} tasks are`} done again, in the same
              version and with the same parameters. Their outputs are dropped. Logs of former attempts stay.
            </Text>
            <ScrollArea.Autosize
              mah={240}
              viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': 'Tasks that are done again' }}
            >
              <Stack gap={4}>
                {cleared.map(({ id, state }) => (
                  <Group key={id} justify="space-between" wrap="nowrap" gap="xs">
                    <Code style={{ overflowWrap: 'anywhere' }}>{id}</Code>
                    {state !== undefined && <StateBadge state={state} />}
                  </Group>
                ))}
              </Stack>
            </ScrollArea.Autosize>
            {running.length > 0 && (
              <Text size="sm" c="red">
                {running.map(({ id }) => id).join(', ')} {running.length === 1 ? 'is' : 'are'} running. Cancel the run,
                or wait until {running.length === 1 ? 'it ends' : 'they end'}.
              </Text>
            )}
            {clear.error !== null && <Failure error={clear.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button
                loading={clear.isPending}
                disabled={running.length > 0 || cleared.length === 0}
                onClick={() => clear.mutate(cleared.map(({ id }) => id))}
              >
                Do {cleared.length === 1 ? 'it' : 'them'} again
              </Button>
            </Group>
          </Stack>
        )
      }}
    </Loaded>
  )
}
