import { z } from '@hono/zod-openapi'
import type { Trx } from '@millrace/db'
import { type RoleChange, removeRoles, setRoles } from '../authz/index.ts'
import { change } from '../change.ts'
import { emitEvent } from '../events/index.ts'
import { changedMemberSchema, eventRole, listMembers, memberChanges, memberSchema } from '../members.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { slugInPath } from '../slugs.ts'
import { userIdText } from '../users/index.ts'
import { groupRef, lockGroupFor, missingGroup } from './change-group.ts'
import { findGroup } from './store.ts'

const tag = 'groups'
const permission = 'change_membership'

export function groupMemberRoutes(api: ServerApi, context: ServerContext): void {
  const { db, authz } = context

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/groups/{slug}/members',
      operationId: 'listGroupMembers',
      tag,
      access: 'open',
      summary: 'The members of a group',
      params: z.strictObject({ slug: slugInPath }),
      answers: { 200: z.array(memberSchema) },
    },
    async ({ principal, params: { slug } }) => {
      const group = await findGroup(db, slug)
      if (group === undefined || !(await authz.can(db, principal, 'read', groupRef(group.id)))) throw missingGroup(slug)
      return { status: 200, body: await listMembers(db, groupRef(group.id)) }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: '/api/data/groups/{slug}/members',
      operationId: 'changeGroupMembers',
      tag,
      access: 'user',
      summary: 'Add members to a group, and change roles',
      description: 'Answers those whose role is another one now.',
      params: z.strictObject({ slug: slugInPath }),
      body: memberChanges,
      answers: { 200: z.array(changedMemberSchema) },
    },
    async ({ principal, requestId, params: { slug }, body }) => {
      const changed = await change(db, { id: principal.id, requestId }, async (trx) => {
        const group = await lockGroupFor(trx, context, { principal, slug, permission })
        const changes = await setRoles(trx, authz, groupRef(group.id), body)
        await emitMemberEvents(trx, group.id, changes)
        return changes
      })
      return { status: 200, body: changed.flatMap(({ id, after }) => (after === null ? [] : [{ id, role: after }])) }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: '/api/data/groups/{slug}/members/{user_id}',
      operationId: 'removeGroupMember',
      tag,
      access: 'user',
      summary: 'Remove a member from a group',
      params: z.strictObject({ slug: slugInPath, user_id: userIdText }),
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { slug, user_id } }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => {
        const group = await lockGroupFor(trx, context, { principal, slug, permission })
        await emitMemberEvents(trx, group.id, await removeRoles(trx, authz, groupRef(group.id), [user_id]))
      })
      return { status: 204 }
    },
  )
}

async function emitMemberEvents(trx: Trx, groupId: string, changes: readonly RoleChange[]): Promise<void> {
  for (const { id: userId, before, after } of changes) {
    if (after === null) await emitEvent(trx, 'memberGroup.removed', { groupId, userId })
    else {
      const type = before === null ? 'memberGroup.added' : 'memberGroup.updated'
      await emitEvent(trx, type, { groupId, userId, role: eventRole(after) })
    }
  }
}
