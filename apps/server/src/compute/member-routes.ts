import { z } from '@hono/zod-openapi'
import { type Queryable, sql } from '@millrace/db'
import { notFound, type PageRequest, pageHeaders, pageRange, withoutNulls } from '@millrace/http'
import { change } from '../change.ts'
import { ulidText } from '../ids.ts'
import { longPageQuery } from '../long-page.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { userIdText } from '../users/index.ts'
import { getLockedPool, poolMissing } from './manage-pools.ts'
import {
  isMember,
  listMembers,
  type Member,
  memberTypes,
  ofPool,
  removeMembers,
  replaceMembers,
  setMembers,
} from './member-store.ts'
import { poolId } from './schemas.ts'
import { findPool } from './store.ts'

const tag = 'resource_pools'
const path = '/api/data/resource_pools/{pool_id}/members'
const poolParams = z.strictObject({ pool_id: poolId })
const params = z.strictObject({
  pool_id: poolId,
  member_type: z.enum(memberTypes),
  member_id: z.union([ulidText, userIdText]),
})
const members = z
  .array(
    z.discriminatedUnion('member_type', [
      z.strictObject({ member_type: z.literal('user'), id: userIdText, role: z.enum(['viewer', 'prohibited']) }),
      z.strictObject({ member_type: z.literal('group'), id: ulidText, role: z.literal('group_viewer') }),
      z.strictObject({ member_type: z.literal('project'), id: ulidText, role: z.literal('project_viewer') }),
    ]),
  )
  .max(1000)
const memberSchema = z
  .object({
    member_type: z.enum(memberTypes),
    id: z.string(),
    role: z.enum(['viewer', 'prohibited', 'group_viewer', 'project_viewer']),
    email: z.string().optional().openapi({ description: 'Of a user.' }),
    slug: z.string().optional().openapi({ description: 'Of a group.' }),
    namespace: z.string().optional().openapi({ description: 'Path of a project.' }),
    name: z.string().optional().openapi({ description: 'Of a group or a project.' }),
  })
  .openapi('PoolMember')
const firstPage: PageRequest = { page: 1, per_page: 1000 }

/** Who may use a resource pool, or may not: users, groups with their members, projects with theirs. */
export function poolMemberRoutes(api: ServerApi, { db, authz }: ServerContext): void {
  const list = async (from: Queryable, id: number, page: PageRequest) => {
    const { rows, total } = await listMembers(from, ofPool(id), pageRange(page))
    return { body: rows.map(withoutNulls), headers: pageHeaders(page, total) }
  }

  api.endpoint(
    {
      method: 'get',
      path,
      operationId: 'listPoolMembers',
      tag,
      access: 'admin',
      summary: 'Members of a resource pool',
      params: poolParams,
      query: z.strictObject(longPageQuery),
      answers: { 200: z.array(memberSchema) },
    },
    async ({ params: { pool_id }, query }) => {
      if ((await findPool(db, pool_id)) === undefined) throw poolMissing(pool_id)
      return { status: 200, ...(await list(db, pool_id, query)) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path,
      operationId: 'addPoolMembers',
      tag,
      access: 'admin',
      summary: 'Give members a role in a resource pool',
      params: poolParams,
      body: members,
      answers: { 201: z.array(memberSchema) },
    },
    async ({ principal, requestId, params: { pool_id }, body }) => {
      const answer = await change(db, { id: principal.id, requestId }, async (trx) => {
        await getLockedPool(trx, pool_id)
        await setMembers(trx, authz, pool_id, body.map(memberOf))
        return await list(trx, pool_id, firstPage)
      })
      return { status: 201, ...answer }
    },
  )

  api.endpoint(
    {
      method: 'put',
      path,
      operationId: 'putPoolMembers',
      tag,
      access: 'admin',
      summary: 'Give a resource pool these members and no others',
      params: poolParams,
      body: members,
      answers: { 200: z.array(memberSchema) },
    },
    async ({ principal, requestId, params: { pool_id }, body }) => {
      const answer = await change(db, { id: principal.id, requestId }, async (trx) => {
        await getLockedPool(trx, pool_id)
        await replaceMembers(trx, authz, pool_id, { members: body.map(memberOf), among: sql`true` })
        return await list(trx, pool_id, firstPage)
      })
      return { status: 200, ...answer }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: `${path}/{member_type}/{member_id}`,
      operationId: 'getPoolMember',
      tag,
      access: 'admin',
      summary: 'A member of a resource pool',
      params,
      answers: { 200: memberSchema },
    },
    async ({ params: { pool_id, member_type, member_id } }) => {
      const where = sql`${ofPool(pool_id)} and ${isMember({ type: member_type, id: member_id })}`
      const { rows } = await listMembers(db, where, { limit: 1, offset: 0 })
      const [member] = rows
      if (member === undefined) {
        throw notFound('MEMBER_MISSING', `The ${member_type} ${member_id} is no member of resource pool ${pool_id}.`)
      }
      return { status: 200, body: withoutNulls(member) }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: `${path}/{member_type}/{member_id}`,
      operationId: 'deletePoolMember',
      tag,
      access: 'admin',
      summary: 'Take a role in a resource pool away',
      params,
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { pool_id, member_type, member_id } }) => {
      await change(
        db,
        { id: principal.id, requestId },
        async (trx) => await removeMembers(trx, authz, pool_id, [{ type: member_type, id: member_id }]),
      )
      return { status: 204 }
    },
  )
}

function memberOf({ member_type, id, role }: z.output<typeof members>[number]): Member {
  return { type: member_type, id, role }
}
