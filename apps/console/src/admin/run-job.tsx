import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { api, invalidate } from '../api/index.ts'

export function RunJob({ job }: { readonly job: string }) {
  const running = useMutation({
    mutationFn: async () => {
      await api.post('/api/jobs/{job}/run', { params: { path: { job } } })
      await invalidate('/api/jobs', '/api/jobs/{job}/runs')
    },
    onSuccess: () => notifications.show({ message: `The job ${job} is about to run.` }),
  })
  return (
    <Button
      size="compact-sm"
      variant="default"
      aria-label={`Run now: ${job}`}
      loading={running.isPending}
      onClick={() => running.mutate()}
    >
      Run now
    </Button>
  )
}
