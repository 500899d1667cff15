import { sql } from '@millrace/db'
import { change } from '../change.ts'
import type { ServerContext, UserPrincipal } from '../server-context.ts'
import { saveUser } from './save-user.ts'
import { findUser, type User } from './store.ts'

/**
 * Makes whoever signed in a user of the platform, or brings the user to what the token says now. What the token is silent
 * about stays as it is. One look-up when nothing is new.
 */
export async function ensureUser(
  { db, authz }: Pick<ServerContext, 'db' | 'authz'>,
  principal: Pick<UserPrincipal, 'id' | 'email' | 'firstName' | 'lastName'>,
  find: (id: string) => Promise<User | undefined> = (id) => findUser(db, id),
): Promise<User> {
  const { id } = principal
  const known = await find(id)
  const profile = {
    id,
    email: principal.email || (known?.email ?? null),
    firstName: principal.firstName || (known?.firstName ?? null),
    lastName: principal.lastName || (known?.lastName ?? null),
  }
  const { email, firstName, lastName } = profile
  if (known && known.email === email && known.firstName === firstName && known.lastName === lastName) return known
  return await change(db, { id }, async (trx) => {
    await saveUser(trx, authz, profile)
    const { username } = await trx.one<{ username: string }>(sql`
      select slug as username from common.namespace where user_id = ${id}`)
    return { ...profile, username }
  })
}
