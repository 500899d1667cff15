import { z } from '@hono/zod-openapi'
import { type Queryable, sql } from '@millrace/db'
import { forbidden, notFound, type PageRequest, pageHeaders, pageRange } from '@millrace/http'
import { change } from '../change.ts'
import { longPageQuery } from '../long-page.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { findUser, userIdText } from '../users/index.ts'
import { asUser } from './as-user.ts'
import { getLockedPool, poolMissing, poolRef } from './manage-pools.ts'
import { listMembers, ofPool } from './member-store.ts'
import type { Pool } from './pool.ts'
import { addUsers, putUsers, removeUser, usersWithoutDefault } from './pool-users.ts'
import { poolId } from './schemas.ts'
import { findPool } from './store.ts'

const tag = 'resource_pools'
const path = '/api/data/resource_pools/{pool_id}/users'
const poolParams = z.strictObject({ pool_id: poolId })
const params = z.strictObject({ pool_id: poolId, user_id: userIdText })
const users = z.array(z.strictObject({ id: userIdText, no_default_access: z.boolean().optional() })).max(1000)
const userSchema = z
  .object({
    id: z.string(),
    no_default_access: z.boolean().openapi({ description: 'Whether the default pool is closed to this user.' }),
  })
  .openapi('PoolUser')
const firstPage: PageRequest = { page: 1, per_page: 1000 }

/** People who are let into a resource pool. Of the default pool, which is open to all, those are listed who are not. */
export function poolUserRoutes(api: ServerApi, context: ServerContext): void {
  const { db, authz } = context

  const list = async (from: Queryable, pool: Pool, page: PageRequest) => {
    const where = sql`${ofPool(pool.id)} and m.role = ${pool.default ? 'prohibited' : 'viewer'}`
    const { rows, total } = await listMembers(from, where, pageRange(page))
    const closed = await usersWithoutDefault(
      from,
      rows.map(({ id }) => id),
    )
    const body = rows.map(({ id }) => ({ id, no_default_access: closed.has(id) }))
    return { body, headers: pageHeaders(page, total) }
  }

  api.endpoint(
    {
      method: 'get',
      path,
      operationId: 'listPoolUsers',
      tag,
      access: 'admin',
      summary: 'Users of a resource pool',
      description:
        'Those with access of their own, not by a group or a project. Of the default pool: those it is closed to.',
      params: poolParams,
      query: z.strictObject(longPageQuery),
      answers: { 200: z.array(userSchema) },
    },
    async ({ params: { pool_id }, query }) => {
      const pool = await findPool(db, pool_id)
      if (pool === undefined) throw poolMissing(pool_id)
      return { status: 200, ...(await list(db, pool, query)) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path,
      operationId: 'addPoolUsers',
      tag,
      access: 'admin',
      summary: 'Let users into a resource pool',
      params: poolParams,
      body: users,
      answers: { 201: z.array(userSchema) },
    },
    async ({ principal, requestId, params: { pool_id }, body }) => {
      const answer = await change(db, { id: principal.id, requestId }, async (trx) => {
        const pool = await getLockedPool(trx, pool_id)
        await addUsers(trx, authz, pool, body)
        return await list(trx, pool, firstPage)
      })
      return { status: 201, ...answer }
    },
  )

  api.endpoint(
    {
      method: 'put',
      path,
      operationId: 'putPoolUsers',
      tag,
      access: 'admin',
      summary: 'Let these users into a resource pool and no others',
      params: poolParams,
      body: users,
      answers: { 200: z.array(userSchema) },
    },
    async ({ principal, requestId, params: { pool_id }, body }) => {
      const answer = await change(db, { id: principal.id, requestId }, async (trx) => {
        const pool = await getLockedPool(trx, pool_id)
        await putUsers(trx, authz, pool, body)
        return await list(trx, pool, firstPage)
      })
      return { status: 200, ...answer }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: `${path}/{user_id}`,
      operationId: 'getPoolUser',
      tag,
      access: 'user',
      summary: 'Whether a user may use a resource pool',
      description: 'About others only administrators may ask.',
      params,
      answers: { 200: userSchema },
    },
    async ({ principal, params: { pool_id, user_id } }) => {
      if (user_id !== principal.id && !principal.isAdmin) {
        throw forbidden('ADMIN_REQUIRED', 'About other users only administrators of the platform may ask.')
      }
      const caller = user_id === principal.id ? principal : asUser(user_id)
      const isKnown = (await findUser(db, user_id)) !== undefined && (await findPool(db, pool_id)) !== undefined
      if (!isKnown || !(await authz.can(db, caller, 'read', poolRef(pool_id)))) {
        throw notFound(
          'POOL_USER_MISSING',
          `User ${user_id} may not use resource pool ${pool_id}, or one of them is missing.`,
        )
      }
      const closed = await usersWithoutDefault(db, [user_id])
      return { status: 200, body: { id: user_id, no_default_access: closed.has(user_id) } }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: `${path}/{user_id}`,
      operationId: 'deletePoolUser',
      tag,
      access: 'admin',
      summary: 'Let a user into a resource pool no longer',
      description: 'The default pool is closed to the user by this.',
      params,
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { pool_id, user_id } }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => {
        const pool = await findPool(trx, pool_id)
        if (pool !== undefined) await removeUser(trx, authz, pool, user_id)
      })
      return { status: 204 }
    },
  )
}
