import { useDebouncedValue } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/index.ts'

/** After the last change, so that not every letter asks both databases. */
const settleMs = 700

/**
 * What a copy would do, asked anew whenever the configuration changes. Null: it is not complete enough to ask. The last
 * plan stays until the next one is there.
 */
export function usePlan(projectId: string, config: Record<string, unknown> | null) {
  const [text] = useDebouncedValue(config === null ? null : JSON.stringify(config), settleMs)
  const [stopped, setStopped] = useState<string | null>(null)
  const queries = useQueryClient()
  const queryKey = ['plan', projectId, text]
  const plan = useQuery({
    queryKey,
    enabled: text !== null && text !== stopped,
    queryFn: async ({ signal }) =>
      await api.post('/api/projects/{id}/copies/plan', {
        params: { path: { id: projectId } },
        body: { config: JSON.parse(text ?? '{}') },
        signal,
      }),
    placeholderData: (before) => before,
    // Either side may have changed since a plan was made elsewhere: none outlives its page.
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  const isSettled = text === (config === null ? null : JSON.stringify(config))
  const isStopped = text !== null && text === stopped
  return {
    plan: config === null ? undefined : plan.data,
    error: isSettled && !isStopped ? plan.error : null,
    isPlanning: config !== null && !isStopped && (plan.isFetching || !isSettled),
    /** What is shown is not of what is asked for now. */
    isStale: plan.isPlaceholderData || !isSettled || isStopped,
    isStopped,
    stop: () => {
      setStopped(text)
      void queries.cancelQueries({ queryKey })
    },
    again: () => {
      if (isStopped) setStopped(null)
      else void plan.refetch()
    },
  }
}
