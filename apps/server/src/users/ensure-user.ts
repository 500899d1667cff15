import { sql } from '@millrace/db'
import { change } from '../change.ts'
import type { UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { saveUser } from './save-user.ts'
import { findUser, type User } from './store.ts'

type Profile = Pick<UserPrincipal, 'id' | 'email' | 'firstName' | 'lastName'>
type Find = (id: string) => Promise<User | undefined>

/**
 * The user of the platform that the caller is, made when there is none yet. Somebody known stays as the platform has it: what a
 * session or a token says of people was read from here, and may be older than what their issuer has said since.
 */
export async function ensureUser(context: Pick<ServerContext, 'db' | 'authz'>, caller: Profile): Promise<User> {
  return (await findUser(context.db, caller.id)) ?? (await noteUser(context, caller))
}

/**
 * Makes whoever signed in a user of the platform, or brings the user to what the issuer says now. What the issuer is silent
 * about stays as it is. One look-up when nothing is new.
 */
export async function noteUser(
  { db, authz }: Pick<ServerContext, 'db' | 'authz'>,
  claims: Profile,
  find: Find = (id) => findUser(db, id),
): Promise<User> {
  const { id } = claims
  const known = await find(id)
  const profile = {
    id,
    email: claims.email || (known?.email ?? null),
    firstName: claims.firstName || (known?.firstName ?? null),
    lastName: claims.lastName || (known?.lastName ?? null),
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
