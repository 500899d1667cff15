import type { UserPrincipal } from '../principals.ts'

/** A user of whom an administrator asks what they may do; no more than relations grant. */
export function asUser(id: string): UserPrincipal {
  const unknown = { email: null, firstName: null, lastName: null, scopes: null }
  return { kind: 'user', id, name: id, isAdmin: false, via: 'token', ...unknown }
}
