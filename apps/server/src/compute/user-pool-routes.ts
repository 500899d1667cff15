import { z } from '@hono/zod-openapi'
import { sql, type Trx } from '@millrace/db'
import { notFound, pageHeaders, pageRange } from '@millrace/http'
import { change } from '../change.ts'
import { longPageQuery } from '../long-page.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { findUser, userIdText } from '../users/index.ts'
import { asUser } from './as-user.ts'
import { isMember, removeMembers } from './member-store.ts'
import { addUsers } from './pool-users.ts'
import { poolSchema, presentPool } from './schemas.ts'
import { listPools } from './store.ts'
import { visiblePools } from './visible-pools.ts'

const tag = 'resource_pools'
const path = '/api/data/users/{user_id}/resource_pools'
const params = z.strictObject({ user_id: userIdText })
const ids = z
  .array(z.int().min(1).max(2_147_483_647))
  .min(1)
  .max(1000)
  .refine((list) => new Set(list).size === list.length, 'must name no pool twice')
  .openapi({ uniqueItems: true })

/** Resource pools from the side of a user. */
export function userPoolRoutes(api: ServerApi, { db, authz }: ServerContext): void {
  const checkUser = async (userId: string) => {
    if ((await findUser(db, userId)) === undefined) throw notFound('USER_MISSING', `There is no user ${userId}.`)
  }
  const whole = { limit: 1000, offset: 0 }
  const poolsOf = async (userId: string) => {
    const { rows } = await listPools(db, visiblePools(authz, asUser(userId)), whole)
    return rows.map(presentPool)
  }
  const letInto = async (trx: Trx, userId: string, poolIds: readonly number[]) => {
    const { rows: pools } = await listPools(trx, sql`p.id = any(${[...poolIds]}::integer[])`, whole)
    const missing = poolIds.filter((id) => !pools.some((pool) => pool.id === id))
    if (missing.length > 0) throw notFound('POOL_MISSING', `There is no resource pool ${missing.join(', no ')}.`)
    for (const pool of pools) await addUsers(trx, authz, pool, [{ id: userId }])
  }

  api.endpoint(
    {
      method: 'get',
      path,
      operationId: 'listPoolsOfUser',
      tag,
      access: 'admin',
      summary: 'Resource pools that a user may use',
      params,
      query: z.strictObject({ ...longPageQuery, name: z.string().min(1).max(40).optional() }),
      answers: { 200: z.array(poolSchema) },
    },
    async ({ params: { user_id }, query }) => {
      await checkUser(user_id)
      const { name } = query
      const isNamed = name === undefined ? sql`true` : sql`starts_with(p.name, ${name})`
      const visible = visiblePools(authz, asUser(user_id))
      const { rows, total } = await listPools(db, sql`${visible} and ${isNamed}`, pageRange(query))
      return { status: 200, body: rows.map(presentPool), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path,
      operationId: 'addPoolsOfUser',
      tag,
      access: 'admin',
      summary: 'Let a user into resource pools',
      params,
      body: ids,
      answers: { 201: z.array(poolSchema) },
    },
    async ({ principal, requestId, params: { user_id }, body }) => {
      await checkUser(user_id)
      await change(db, { id: principal.id, requestId }, async (trx) => await letInto(trx, user_id, body))
      return { status: 201, body: await poolsOf(user_id) }
    },
  )

  api.endpoint(
    {
      method: 'put',
      path,
      operationId: 'putPoolsOfUser',
      tag,
      access: 'admin',
      summary: 'Let a user into these resource pools and out of the others',
      description: 'Public pools, and those of groups and projects of the user, stay open.',
      params,
      body: ids,
      answers: { 200: z.array(poolSchema) },
    },
    async ({ principal, requestId, params: { user_id }, body }) => {
      await checkUser(user_id)
      await change(db, { id: principal.id, requestId }, async (trx) => {
        const member = { type: 'user', id: user_id } as const
        const former = await trx.query<{ pool_id: number }>(
          sql`select m.pool_id from compute.pool_member m where ${isMember(member)} and m.role = 'viewer'`,
        )
        for (const { pool_id } of former) {
          if (!body.includes(pool_id)) await removeMembers(trx, authz, pool_id, [member])
        }
        await letInto(trx, user_id, body)
      })
      return { status: 200, body: await poolsOf(user_id) }
    },
  )
}
