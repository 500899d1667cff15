import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'
import { rateText, rowsText } from '../ui/index.ts'
import { isCopyOutput, spanMs, verdictOf } from './manifest.ts'

/** Rows and proof of a run that ended well. */
export function LastProof({ run, state }: { readonly run: string; readonly state: string }) {
  const isDone = state === 'success'
  // What has ended does not change any more.
  const forever = { enabled: isDone, staleTime: Number.POSITIVE_INFINITY }
  const tasks = useQuery({
    ...apiQuery('/api/runs/{run}/task-runs', { params: { path: { run } } }),
    ...forever,
  })
  const task = tasks.data?.find(({ node }) => node === 'transfer')
  const output = useQuery({
    ...apiQuery('/api/task-runs/{task_run}/output', { params: { path: { task_run: task?.id ?? 0 } } }),
    ...forever,
    enabled: isDone && task !== undefined,
  })
  const value = output.data?.value
  if (!isCopyOutput(value)) return <Text size="sm">–</Text>
  const verdicts = value.tables.map(verdictOf)
  const text = verdicts.includes('different')
    ? 'sides differ'
    : verdicts.includes('unproven')
      ? 'not proven'
      : verdicts.includes('counted')
        ? 'same number of rows'
        : 'equal'
  return (
    <>
      <Text size="sm" className="numeric">
        {rowsText(value.rows)}
      </Text>
      <Text size="xs" c="dimmed">
        {[`proof: ${text}`, rateText(value.rows, spanMs(value.tables))].filter(Boolean).join(' · ')}
      </Text>
    </>
  )
}
