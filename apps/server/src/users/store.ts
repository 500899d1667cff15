import { type Queryable, type Sql, sql } from '@millrace/db'
import { companionsOf } from '../authz/index.ts'
import { type Page, readPage } from '../read-page.ts'

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

const selected = sql`
  select u.id, u.email, u.first_name as "firstName", u.last_name as "lastName", n.slug as username
  from users."user" u join common.namespace n on n.user_id = u.id`

export async function findUser(db: Queryable, id: string): Promise<User | undefined> {
  return await db.maybe<User>(sql`${selected} where u.id = ${id}`)
}

/** Those who are there, by id. */
export async function findUsers(db: Queryable, ids: readonly string[]): Promise<Map<string, User>> {
  const users = await db.query<User>(sql`${selected} where u.id = any(${ids})`)
  return new Map(users.map((user) => [user.id, user]))
}

/** By their ids. */
export async function listUsers(db: Queryable, range: { limit: number; offset: number }): Promise<Page<User>> {
  return await readUsers(db, sql`true`, range)
}

/** Whatever the case of the letters. */
export async function listUsersByEmail(
  db: Queryable,
  email: string,
  range: { limit: number; offset: number },
): Promise<Page<User>> {
  return await readUsers(db, sql`lower(u.email) = lower(${email})`, range)
}

/** Every word somewhere in the name, the e-mail address or the namespace. */
export async function searchUsers(
  db: Queryable,
  text: string,
  range: { limit: number; offset: number },
): Promise<Page<User>> {
  const all = sql`concat_ws(' ', u.first_name, u.last_name, u.email, n.slug)`
  return await findByWords(db, { text, all, condition: sql`true` }, range)
}

/** The same among those that the user shares a group or project with, and without their e-mail addresses. */
export async function searchCompanions(
  db: Queryable,
  userId: string,
  text: string,
  range: { limit: number; offset: number },
): Promise<Page<User>> {
  const all = sql`concat_ws(' ', u.first_name, u.last_name, n.slug)`
  return await findByWords(db, { text, all, condition: sql`u.id in (${companionsOf(userId)})` }, range)
}

/** By their names, as lists of choices are read. */
async function findByWords(
  db: Queryable,
  { text, all, condition }: { readonly text: string; readonly all: Sql; readonly condition: Sql },
  range: { limit: number; offset: number },
): Promise<Page<User>> {
  const words = text.split(/\s+/).filter(Boolean)
  const where = sql.join([condition, ...words.map((word) => sql`strpos(lower(${all}), lower(${word})) > 0`)], ' and ')
  return await readPage<User>(db, {
    rows: sql`
      ${selected} where ${where}
      order by lower(concat_ws(' ', nullif(u.last_name, ''), nullif(u.first_name, ''), n.slug)), u.id
      limit ${range.limit} offset ${range.offset}`,
    total: sql`(select count(*) from users."user" u join common.namespace n on n.user_id = u.id where ${where})`,
  })
}

async function readUsers(db: Queryable, condition: Sql, range: { limit: number; offset: number }): Promise<Page<User>> {
  return await readPage<User>(db, {
    rows: sql`${selected} where ${condition} order by u.id limit ${range.limit} offset ${range.offset}`,
    total: sql`(select count(*) from users."user" u where ${condition})`,
  })
}

/** How people are called on pages and in messages: "First Last", or what of it there is, or the fallback. */
export function displayName(user: Pick<UserProfile, 'firstName' | 'lastName'>, fallback: string): string {
  return [user.firstName, user.lastName].filter((part) => part !== null && part !== '').join(' ') || fallback
}
