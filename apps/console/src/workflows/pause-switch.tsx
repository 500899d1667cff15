import { Switch } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { api, invalidate } from '../api/index.ts'
import type { Workflow } from './use-workflow.ts'

/** Whether the schedule makes runs. Shows what was asked for at once, and what is so when the server refuses. */
export function PauseSwitch({ workflow: { name, paused } }: { readonly workflow: Workflow }) {
  const change = useMutation({
    mutationFn: async (wanted: boolean) =>
      await api.patch('/api/workflows/{workflow}', { params: { path: { workflow: name } }, body: { paused: wanted } }),
    onSuccess: async () => await invalidate('/api/workflows', '/api/workflows/{workflow}', '/api/schedules'),
  })
  const shown = change.isPending ? change.variables : paused
  return (
    <Switch
      size="sm"
      aria-label={`Runs of ${name} by its schedule`}
      label={shown ? 'paused' : 'active'}
      checked={!shown}
      onChange={({ currentTarget }) => change.mutate(!currentTarget.checked)}
    />
  )
}
