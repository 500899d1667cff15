import { z } from '@hono/zod-openapi'
import { sql } from '@millrace/db'
import { pageHeaders, pageQuery, pageRange, queryBoolean } from '@millrace/http'
import { rightsOf } from '../authz/index.ts'
import { change } from '../change.ts'
import { permissionsOn, permissionsSchema } from '../members.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { slugInPath } from '../slugs.ts'
import { changeGroup, createGroup, groupRef, missingGroup } from './change-group.ts'
import { groupMemberRoutes } from './member-routes.ts'
import { groupChangesSchema, groupSchema, newGroupSchema, presentGroup } from './schemas.ts'
import { findGroup, listGroups } from './store.ts'

const tag = 'groups'
const params = z.strictObject({ slug: slugInPath })

export function groupRoutes(api: ServerApi, context: ServerContext): void {
  const { db, reads, authz } = context
  groupMemberRoutes(api, context)

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/groups',
      operationId: 'listGroups',
      tag,
      access: 'open',
      summary: 'Groups, the newest first',
      query: z.strictObject({
        ...pageQuery,
        direct_member: queryBoolean({ default: false }),
      }),
      answers: { 200: z.array(groupSchema) },
    },
    async ({ principal, query }) =>
      await reads.once(['listGroups', rightsOf(principal), query], async () => {
        const columns = { id: sql`g.id`, public_viewer: sql`true` }
        const permission = query.direct_member ? 'direct_member' : 'read'
        const visible = authz.visible(principal, permission, 'group', columns)
        const { rows, total } = await listGroups(db, visible, pageRange(query))
        return { status: 200 as const, body: rows.map(presentGroup), headers: pageHeaders(query, total) }
      }),
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/data/groups',
      operationId: 'createGroup',
      tag,
      access: 'user',
      summary: 'Create a group, which you own then',
      body: newGroupSchema,
      answers: { 201: groupSchema },
    },
    async ({ principal, requestId, body }) => {
      const group = await createGroup(context, { principal, requestId }, body)
      return { status: 201, body: presentGroup(group) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/groups/{slug}',
      operationId: 'getGroup',
      tag,
      access: 'open',
      summary: 'A group',
      description: 'Also by a slug that it had before.',
      params,
      answers: { 200: groupSchema },
    },
    async ({ principal, params: { slug } }) => {
      const group = await findGroup(db, slug)
      if (group === undefined || !(await authz.can(db, principal, 'read', groupRef(group.id)))) throw missingGroup(slug)
      return { status: 200, body: presentGroup(group) }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: '/api/data/groups/{slug}',
      operationId: 'updateGroup',
      tag,
      access: 'user',
      summary: 'Change a group',
      description: 'By a slug that it had before: 409, with the one that it has now in `detail`.',
      params,
      body: groupChangesSchema,
      answers: { 200: groupSchema },
    },
    async ({ principal, requestId, params: { slug }, body }) => {
      const group = await change(
        db,
        { id: principal.id, requestId },
        async (trx) => await changeGroup(trx, context, { principal, slug }, body),
      )
      return { status: 200, body: presentGroup(group) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/groups/{slug}/permissions',
      operationId: 'getGroupPermissions',
      tag,
      access: 'open',
      summary: 'What you may do to a group',
      params,
      answers: { 200: permissionsSchema },
    },
    async ({ principal, params: { slug } }) => {
      const group = await findGroup(db, slug)
      if (group === undefined) throw missingGroup(slug)
      const permissions = await permissionsOn(db, authz, principal, groupRef(group.id))
      if (permissions === null) throw missingGroup(slug)
      return { status: 200, body: permissions }
    },
  )
}
