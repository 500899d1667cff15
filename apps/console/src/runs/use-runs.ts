import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { apiPage } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import type { RunsSearch } from './search.ts'

const perPage = 50

/**
 * A page of runs that does not move under the pointer: its runs change, and newer ones are counted until they are asked for.
 * `isBusy` says that the person is at it; otherwise newer ones come in by themselves.
 */
export function useRuns({ before, ...filter }: RunsSearch, isBusy: boolean) {
  const query = { ...filter, state: [...(filter.state ?? [])], trigger: [...(filter.trigger ?? [])] }
  const filterKey = JSON.stringify(query)
  const [pinned, setPinned] = useState<{ readonly filterKey: string; readonly newest: number } | null>(null)
  const isFirst = before === undefined
  const newest = useQuery({
    ...apiPage('/api/runs', { params: { query: { ...query, per_page: perPage } } }),
    placeholderData: keepPreviousData,
    enabled: isFirst,
  })
  const newestId = Number(newest.data?.items[0]?.id ?? 0)
  const pin = isFirst && pinned?.filterKey === filterKey && isBusy && pinned.newest < newestId ? pinned.newest : null
  const from = before ?? (pin === null ? undefined : pin + 1)
  const older = useQuery({
    ...apiPage('/api/runs', { params: { query: { ...query, per_page: perPage, before: from ?? 1 } } }),
    placeholderData: keepPreviousData,
    enabled: from !== undefined,
  })
  useLive({ runs: true })
  useEffect(() => {
    if (!newest.isPlaceholderData && newestId > 0 && !isBusy) setPinned({ filterKey, newest: newestId })
  }, [newest.isPlaceholderData, newestId, isBusy, filterKey])
  const newer = pin === null ? 0 : (newest.data?.items ?? []).filter(({ id }) => Number(id) > pin).length
  return {
    runs: from === undefined ? newest : older,
    newer,
    /** Whether there may be more newer ones than were counted. */
    isManyNewer: newer === perPage,
    showNewer: () => setPinned({ filterKey, newest: newestId }),
    perPage,
  }
}
