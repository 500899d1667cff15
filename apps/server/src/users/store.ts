import { type Queryable, sql } from '@millrace/db'

/** What the issuer says of a person. */
export interface UserProfile {
  readonly id: string
  readonly email: string | null
  readonly firstName: string | null
  readonly lastName: string | null
}

export interface User extends UserProfile {
  /** The slug of their namespace. */
  readonly username: string
}

const columns = sql`
  u.id, u.email, u.first_name as "firstName", u.last_name as "lastName", n.slug as username
  from users."user" u join common.namespace n on n.user_id = u.id`

export async function findUser(db: Queryable, id: string): Promise<User | undefined> {
  return await db.maybe<User>(sql`select ${columns} where u.id = ${id}`)
}

/** By their e-mail addresses, those of everybody without one last; `exactEmail` counts whatever its case. */
export async function listUsers(db: Queryable, exactEmail: string | null): Promise<User[]> {
  if (exactEmail === null) return await db.query<User>(sql`select ${columns} order by lower(u.email), u.id`)
  return await db.query<User>(sql`select ${columns} where lower(u.email) = lower(${exactEmail}) order by u.id`)
}

/** How people are called on pages and in messages: "First Last", or what of it there is, or the fallback. */
export function displayName(user: Pick<UserProfile, 'firstName' | 'lastName'>, fallback: string): string {
  return [user.firstName, user.lastName].filter((part) => part !== null && part !== '').join(' ') || fallback
}
