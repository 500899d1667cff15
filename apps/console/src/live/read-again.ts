import type { Query, QueryClient } from '@tanstack/react-query'

/**
 * Has readings made again when they may have changed. One that is under way is let come to its end and made once more after
 * it: hints that come faster than an answer would otherwise cut every reading off, and nothing would ever be shown.
 */
export function readingAgain(client: QueryClient): (concerned: (query: Query) => boolean) => void {
  const cache = client.getQueryCache()
  const afterwards = new Set<string>()
  const again = ({ queryKey }: Query) => void client.invalidateQueries({ queryKey, exact: true })

  cache.subscribe((event) => {
    if (event.type === 'removed') afterwards.delete(event.query.queryHash)
    if (event.type !== 'updated' || event.query.state.fetchStatus !== 'idle') return
    if (afterwards.delete(event.query.queryHash)) again(event.query)
  })
  return (concerned) => {
    for (const query of cache.findAll({ predicate: concerned })) {
      if (query.state.fetchStatus === 'fetching') afterwards.add(query.queryHash)
      else again(query)
    }
  }
}
