import { z } from '@hono/zod-openapi'
import { sql } from '@millrace/db'
import { change } from '../change.ts'
import { emitEvent } from '../events/index.ts'
import { findGroup, groupRef, lockGroupFor } from '../groups/index.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import { lockProjectFor } from '../projects/index.ts'
import type { ServerContext } from '../server-context.ts'
import { slugInPath } from '../slugs.ts'
import { userIdText } from '../users/index.ts'
import { removeNamespace } from './remove-namespace.ts'
import { removeProjects } from './remove-projects.ts'
import { removeUser } from './remove-user.ts'

/** What goes takes along what is in it, which is of many features; so these routes are apart from theirs. */
export function removalRoutes(api: ServerApi, context: ServerContext): void {
  const { db } = context

  api.endpoint(
    {
      method: 'delete',
      path: '/api/data/users/{user_id}',
      operationId: 'deleteUser',
      tag: 'users',
      access: 'admin',
      summary: 'Remove a user with everything in the own namespace',
      params: z.strictObject({ user_id: userIdText }),
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { user_id } }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => await removeUser(trx, context, user_id))
      return { status: 204 }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: '/api/data/groups/{slug}',
      operationId: 'deleteGroup',
      tag: 'groups',
      access: 'user',
      summary: 'Remove a group with everything in it',
      description: 'Answers 204 also when there is no such group.',
      params: z.strictObject({ slug: slugInPath }),
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { slug } }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => {
        if ((await findGroup(trx, slug)) === undefined) return
        const { id } = await lockGroupFor(trx, context, { principal, slug, permission: 'delete' })
        await removeNamespace(trx, context, groupRef(id))
        await trx.execute(sql`delete from common."group" where id = ${id}`)
        await emitEvent(trx, 'group.removed', { id })
      })
      return { status: 204 }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: '/api/data/projects/{project_id}',
      operationId: 'deleteProject',
      tag: 'projects',
      access: 'user',
      summary: 'Remove a project with everything in it',
      description: 'Copies of it stay, and have no template then.',
      params: z.strictObject({ project_id: ulidText }),
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { project_id: id } }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => {
        await lockProjectFor(trx, context, { principal, id, permission: 'delete' })
        await removeProjects(trx, context, sql`p.id = ${id}`)
      })
      return { status: 204 }
    },
  )
}
