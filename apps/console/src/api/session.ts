import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, setCsrfToken } from './api.ts'
import type { Schema } from './schema.ts'

/** Who uses this page. */
export const sessionQuery = queryOptions({
  queryKey: ['/api/auth/session'],
  queryFn: async () => {
    const session = await api.get('/api/auth/session')
    setCsrfToken(session.csrf_token)
    return session
  },
  staleTime: 60_000,
})

/** The person who is signed in; pages within the shell have one. */
export function useUser(): NonNullable<Schema<'Session'>['user']> {
  const { data } = useQuery(sessionQuery)
  if (data?.user === undefined) throw new Error('Nobody is signed in.')
  return data.user
}

export async function signOut(): Promise<void> {
  const { issuer_url } = await api.post('/api/auth/logout')
  location.assign(issuer_url ?? '/sign-in')
}
