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

type User = NonNullable<Schema<'Session'>['user']>

let lastUser: User | undefined

/**
 * The person who is signed in; pages within the shell have one. Whose session has ended is still the one whose page this is:
 * the shell asks to sign in, and what was typed stays.
 */
export function useUser(): User {
  const { data } = useQuery(sessionQuery)
  lastUser = data?.user ?? lastUser
  if (lastUser === undefined) throw new Error('Nobody is signed in.')
  return lastUser
}

export async function signOut(): Promise<void> {
  const { issuer_url } = await api.post('/api/auth/logout')
  location.assign(issuer_url ?? '/sign-in')
}
