import { Button, Group } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { api, invalidate, type Schema } from '../api/index.ts'
import { confirm } from '../ui/index.ts'

/** What can be done with a backfill that is not over. */
export function BackfillActions({ backfill: { id, state } }: { readonly backfill: Schema<'Backfill'> }) {
  const act = useMutation({
    mutationFn: async (verb: 'pause' | 'resume' | 'cancel') =>
      await api.post(`/api/backfills/{backfill}/${verb}`, { params: { path: { backfill: id } } }),
    onSettled: async () => await invalidate('/api/backfills', '/api/runs', '/api/workflows/{workflow}/grid'),
  })
  if (state !== 'running' && state !== 'paused') return null
  const cancel = async () => {
    const isSure = await confirm({
      title: 'Cancel the backfill?',
      text: 'No more runs are made, and those that are not over are cancelled. Runs that ended stay. It cannot be resumed.',
      action: 'Cancel the backfill',
    })
    if (isSure) act.mutate('cancel')
  }
  const verb = state === 'running' ? 'pause' : 'resume'
  return (
    <Group gap="xs" wrap="nowrap">
      <Button
        size="compact-sm"
        variant="default"
        loading={act.isPending && act.variables !== 'cancel'}
        disabled={act.isPending}
        aria-label={`${verb === 'pause' ? 'Pause' : 'Resume'} backfill ${id}`}
        onClick={() => act.mutate(verb)}
      >
        {verb === 'pause' ? 'Pause' : 'Resume'}
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        loading={act.isPending && act.variables === 'cancel'}
        disabled={act.isPending}
        aria-label={`Cancel backfill ${id}`}
        onClick={() => void cancel()}
      >
        Cancel
      </Button>
    </Group>
  )
}
