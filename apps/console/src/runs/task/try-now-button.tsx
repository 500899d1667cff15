import { Button } from '@mantine/core'
import { IconPlayerTrackNext } from '@tabler/icons-react'
import { api, type Schema } from '../../api/index.ts'
import { useRunChange } from '../use-run-change.ts'

/** Ends the pause before the next try of a task; there while it pauses. */
export function TryNowButton({ task }: { readonly task: Schema<'TaskRun'> }) {
  const { run, node, map_index, state, run_at } = task
  const tryNow = useRunChange(() => {
    const body = { node, ...(map_index === undefined ? {} : { map_index }) }
    return api.post('/api/runs/{run}/try-now', { params: { path: { run } }, body })
  })
  if (state !== 'ready' || run_at === undefined || Date.parse(run_at) <= Date.now()) return null
  return (
    <Button
      size="xs"
      loading={tryNow.isPending}
      leftSection={<IconPlayerTrackNext size={14} aria-hidden />}
      onClick={() => tryNow.mutate()}
    >
      Try now
    </Button>
  )
}
