import { type Queryable, sql, type Trx } from '@millrace/db'
import type { Authz } from '../authz/index.ts'
import { type Member, type MemberKey, removeMembers, replaceMembers, setMembers } from './member-store.ts'
import type { Pool } from './pool.ts'
import { defaultPoolId } from './store.ts'

export interface PoolUser {
  readonly id: string
  /** Whether the default pool is closed to this user; undefined: as it is. */
  readonly no_default_access?: boolean | undefined
}

type PoolKey = Pick<Pool, 'id' | 'default'>

/** Lets users into a pool. The default pool is open to everybody: being let in there lifts a prohibition. */
export async function addUsers(trx: Trx, authz: Authz, pool: PoolKey, users: readonly PoolUser[]): Promise<void> {
  if (!pool.default) await setMembers(trx, authz, pool.id, viewers(users))
  await applyDefaultAccess(trx, authz, pool.default ? users.map(withAccess) : users)
}

/** Lets these users in and no others; who is prohibited stays so. Of the default pool it is said who is prohibited. */
export async function putUsers(trx: Trx, authz: Authz, pool: PoolKey, users: readonly PoolUser[]): Promise<void> {
  if (pool.default) {
    const members = users.filter((user) => user.no_default_access === true).map(prohibition)
    await replaceMembers(trx, authz, pool.id, { members, among: sql`m.role = 'prohibited'` })
    return
  }
  await replaceMembers(trx, authz, pool.id, { members: viewers(users), among: sql`m.role = 'viewer'` })
  await applyDefaultAccess(trx, authz, users)
}

/** Of the default pool, where everybody is let in, a user is removed by being prohibited. Who is prohibited already stays so. */
export async function removeUser(trx: Trx, authz: Authz, pool: PoolKey, userId: string): Promise<void> {
  const isKnown = await trx.execute(sql`select from users."user" where id = ${userId}`)
  if (isKnown === 0) return
  if (pool.default) return await setMembers(trx, authz, pool.id, [prohibition({ id: userId })])
  const former = await trx.maybe<{ role: string }>(
    sql`select m.role from compute.pool_member m where m.pool_id = ${pool.id} and m.user_id = ${userId} for update`,
  )
  if (former?.role === 'viewer') await removeMembers(trx, authz, pool.id, [userKey(userId)])
}

/** Those of the users that the default pool is closed to. */
export async function usersWithoutDefault(db: Queryable, userIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ user_id: string }>(sql`
    select m.user_id from compute.pool_member m join compute.pool p on p.id = m.pool_id and p."default"
    where m.role = 'prohibited' and m.user_id = any(${[...userIds]}::text[])`)
  return new Set(rows.map(({ user_id }) => user_id))
}

async function applyDefaultAccess(trx: Trx, authz: Authz, users: readonly PoolUser[]): Promise<void> {
  const poolId = await defaultPoolId(trx)
  if (poolId === undefined) return
  const closed = users.filter((user) => user.no_default_access === true)
  const open = users.filter((user) => user.no_default_access === false)
  if (closed.length > 0) await setMembers(trx, authz, poolId, closed.map(prohibition))
  if (open.length > 0) {
    const keys = open.map(({ id }) => userKey(id))
    await removeMembers(trx, authz, poolId, keys)
  }
}

function withAccess({ id, no_default_access = false }: PoolUser): PoolUser {
  return { id, no_default_access }
}

function viewers(users: readonly PoolUser[]): readonly Member[] {
  return users.map(({ id }) => ({ ...userKey(id), role: 'viewer' }))
}

function prohibition({ id }: PoolUser): Member {
  return { ...userKey(id), role: 'prohibited' }
}

function userKey(id: string): MemberKey {
  return { type: 'user', id }
}
