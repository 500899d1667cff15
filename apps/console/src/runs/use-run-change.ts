import { useMutation } from '@tanstack/react-query'
import { invalidate } from '../api/index.ts'

/** Something that changes a run; what shows runs is read again afterwards. */
export function useRunChange<Input = void, Result = unknown>(
  change: (input: Input) => Promise<Result>,
  {
    showsFailure = false,
    onDone,
  }: { readonly showsFailure?: boolean; readonly onDone?: (result: Result) => void } = {},
) {
  return useMutation({
    mutationFn: change,
    meta: { showsFailure },
    onSuccess: async (result) => {
      onDone?.(result)
      await readRunsAgain()
    },
  })
}

export async function readRunsAgain(): Promise<void> {
  await invalidate(
    ...(['/api/runs', '/api/overview', '/api/workflows/{workflow}/grid'] as const),
    ...(['/api/runs/{run}', '/api/runs/{run}/graph', '/api/runs/{run}/events', '/api/runs/{run}/task-runs'] as const),
    ...(['/api/task-runs/{task_run}', '/api/task-runs/{task_run}/attempts'] as const),
    '/api/task-runs/{task_run}/output',
  )
}
