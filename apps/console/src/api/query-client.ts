import { ApiError, UnreachableError } from '@millrace/client'
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { connection } from './connection.ts'
import { showFailure } from './show-failure.ts'

declare module '@tanstack/react-query' {
  interface Register {
    mutationMeta: {
      /** The page says itself what went wrong, beside what was asked for. */
      readonly showsFailure?: boolean
    }
  }
}

/** What the console knows of the server. Failures of changes are shown where nobody else shows them. */
export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: noteFailure,
  }),
  mutationCache: new MutationCache({
    onError: (error, _variables, _result, mutation) => {
      noteFailure(error)
      if (!mutation.meta?.showsFailure) showFailure(error)
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5000,
      // The client repeats what may be repeated by itself.
      retry: (count, error) => error instanceof UnreachableError && count < 2,
      // A page that shows what it has is better than one that breaks because a reading again failed.
      throwOnError: (_error, query) => query.state.data === undefined && query.meta?.throws === true,
    },
  },
})

// What could not be read while the server was away is there a moment after it is back, without anybody asking again.
connection.onBack(() => void queryClient.invalidateQueries())

/** Who is not signed in any more, and a server that is away, are seen to by the shell, whatever page they were met on. */
export function noteFailure(error: Error): void {
  if (error instanceof ApiError && error.status === 401) {
    void queryClient.invalidateQueries({ queryKey: ['/api/auth/session'] })
  }
  if (error instanceof UnreachableError) connection.lost()
}
