import { type QueryKey, queryOptions, useQuery } from '@tanstack/react-query'
import { api, queryClient, type Schema } from '../api/index.ts'

export type RunEvent = Schema<'RunEvent'>

const pageEvents = 1000
/** More than that are no longer looked at; a run of ten thousand items has some thirty thousand. */
const mostEvents = 40_000

interface Events {
  readonly events: readonly RunEvent[]
  /** Whether there are more than are read. */
  readonly isCut: boolean
}

/** All events of a run, in order. Reading again adds those that came since. */
function runEventsQuery(run: string) {
  // The path makes it one of the readings that hints of the run concern.
  const queryKey: QueryKey = ['/api/runs/{run}/events', { params: { path: { run } } }, 'all']
  return queryOptions({
    queryKey,
    queryFn: async ({ signal }): Promise<Events> => {
      const events = [...(queryClient.getQueryData<Events>(queryKey)?.events ?? [])]
      while (events.length < mostEvents) {
        const query = { after: events.at(-1)?.id ?? 0, limit: pageEvents }
        const more = await api.get('/api/runs/{run}/events', { params: { path: { run }, query }, signal })
        events.push(...more)
        if (more.length < pageEvents) return { events, isCut: false }
      }
      return { events, isCut: true }
    },
  })
}

export function useRunEvents(run: string) {
  return useQuery(runEventsQuery(run))
}
