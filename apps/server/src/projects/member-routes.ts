import { z } from '@hono/zod-openapi'
import { removeRoles, setRoles } from '../authz/index.ts'
import { change } from '../change.ts'
import { ulidText } from '../ids.ts'
import { listMembers, memberChanges, memberSchema } from '../members.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { userIdText } from '../users/index.ts'
import { lockProjectFor, missingProject } from './change-project.ts'
import { emitMemberEvents } from './events.ts'
import { projectRef } from './find-project.ts'
import { readProject, visibleProjects } from './store.ts'

const tag = 'projects'
const permission = 'change_membership'
const params = z.strictObject({ project_id: ulidText })

export function projectMemberRoutes(api: ServerApi, context: ServerContext): void {
  const { db, authz } = context

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/projects/{project_id}/members',
      operationId: 'listProjectMembers',
      tag,
      access: 'open',
      summary: 'The members of a project itself',
      params,
      answers: { 200: z.array(memberSchema) },
    },
    async ({ principal, params: { project_id: id } }) => {
      const visible = visibleProjects(authz, principal, 'read')
      const project = await readProject(db, id, visible, { withDocumentation: false })
      if (project === undefined) throw missingProject(id)
      return { status: 200, body: await listMembers(db, projectRef(id)) }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: '/api/data/projects/{project_id}/members',
      operationId: 'changeProjectMembers',
      tag,
      access: 'user',
      summary: 'Add members to a project, and change roles',
      params,
      body: memberChanges,
      answers: { 200: null },
    },
    async ({ principal, requestId, params: { project_id: id }, body }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => {
        await lockProjectFor(trx, context, { principal, id, permission })
        await emitMemberEvents(trx, id, await setRoles(trx, authz, projectRef(id), body))
      })
      return { status: 200 }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: '/api/data/projects/{project_id}/members/{member_id}',
      operationId: 'removeProjectMember',
      tag,
      access: 'user',
      summary: 'Remove a member from a project',
      params: z.strictObject({ project_id: ulidText, member_id: userIdText }),
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { project_id: id, member_id } }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => {
        await lockProjectFor(trx, context, { principal, id, permission })
        await emitMemberEvents(trx, id, await removeRoles(trx, authz, projectRef(id), [member_id]))
      })
      return { status: 204 }
    },
  )
}
