import { Skeleton, Stack } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failure } from './failure.tsx'

interface LoadedProps<Data> {
  readonly query: UseQueryResult<Data, Error>
  /** Lines of the placeholder. Default 4. */
  readonly lines?: number
  readonly children: (data: Data) => ReactNode
}

/** What a query found, once it is there; a placeholder before, and what went wrong instead. */
export function Loaded<Data>({ query, lines = 4, children }: LoadedProps<Data>) {
  const { data, error, refetch } = query
  if (data !== undefined) return children(data)
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />
  return (
    <Stack gap="xs" role="status" aria-busy="true" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={`${line}`} height={28} />
      ))}
    </Stack>
  )
}
