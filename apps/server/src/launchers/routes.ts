import { z } from '@hono/zod-openapi'
import { type Queryable, sql } from '@millrace/db'
import { notFound, pageHeaders, pageRange } from '@millrace/http'
import { change } from '../change.ts'
import { ulidText } from '../ids.ts'
import { longPageQuery } from '../long-page.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { changeLauncher, createLauncher, launcherMissing, removeLauncher } from './manage-launchers.ts'
import { launcherPatch, launcherSchema, newLauncherSchema, presentLauncher } from './schemas.ts'
import { findLauncher, listLaunchers, projectsFor } from './store.ts'

const tag = 'session_launchers'
const path = '/api/data/session_launchers'
const params = z.strictObject({ launcher_id: ulidText })

export function launcherRoutes(api: ServerApi, context: ServerContext): void {
  const { db, authz } = context

  api.endpoint(
    {
      method: 'get',
      path,
      operationId: 'listSessionLaunchers',
      tag,
      access: 'open',
      summary: 'Session launchers of all projects that you may read, the newest first',
      query: z.strictObject(longPageQuery),
      answers: { 200: z.array(launcherSchema) },
    },
    async ({ principal, query }) => {
      const { rows, total } = await listLaunchers(db, projectsFor(authz, principal, 'read'), pageRange(query))
      return { status: 200, body: rows.map(presentLauncher), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/projects/{project_id}/session_launchers',
      operationId: 'listSessionLaunchersOfProject',
      tag,
      access: 'open',
      summary: 'Session launchers of a project, the newest first',
      params: z.strictObject({ project_id: ulidText }),
      query: z.strictObject(longPageQuery),
      answers: { 200: z.array(launcherSchema) },
    },
    async ({ principal, params: { project_id }, query }) => {
      if (
        !(await authz.can(db, principal, 'read', { type: 'project', id: project_id })) ||
        !(await isProject(db, project_id))
      ) {
        throw notFound('PROJECT_MISSING', `There is no project ${project_id}, or you may not see it.`)
      }
      const { rows, total } = await listLaunchers(db, sql`l.project_id = ${project_id}`, pageRange(query))
      return { status: 200, body: rows.map(presentLauncher), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path,
      operationId: 'createSessionLauncher',
      tag,
      access: 'user',
      summary: 'Make a session launcher',
      description: 'With an environment for every project by its id, or a whole one of its own.',
      body: newLauncherSchema,
      answers: { 201: launcherSchema },
    },
    async ({ principal, requestId, body }) => {
      const launcher = await change(
        db,
        { id: principal.id, requestId },
        async (trx) => await createLauncher(trx, context, principal, body),
      )
      return { status: 201, body: presentLauncher(launcher) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: `${path}/{launcher_id}`,
      operationId: 'getSessionLauncher',
      tag,
      access: 'open',
      summary: 'A session launcher',
      params,
      answers: { 200: launcherSchema },
    },
    async ({ principal, params: { launcher_id } }) => {
      const launcher = await findLauncher(db, launcher_id, projectsFor(authz, principal, 'read'))
      return { status: 200, body: presentLauncher(launcher ?? launcherMissing(launcher_id)) }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: `${path}/{launcher_id}`,
      operationId: 'updateSessionLauncher',
      tag,
      access: 'user',
      summary: 'Change a session launcher',
      description:
        'Null resets resource_class_id, disk_storage and env_variables. An environment of its own is changed in place; the id of another one replaces it.',
      params,
      body: launcherPatch,
      answers: { 200: launcherSchema },
    },
    async ({ principal, requestId, params: { launcher_id }, body }) => {
      const launcher = await change(
        db,
        { id: principal.id, requestId },
        async (trx) => await changeLauncher(trx, context, principal, launcher_id, body),
      )
      return { status: 200, body: presentLauncher(launcher) }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: `${path}/{launcher_id}`,
      operationId: 'deleteSessionLauncher',
      tag,
      access: 'user',
      summary: 'Remove a session launcher with its own environment',
      params,
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { launcher_id } }) => {
      await change(
        db,
        { id: principal.id, requestId },
        async (trx) => await removeLauncher(trx, context, principal, launcher_id),
      )
      return { status: 204 }
    },
  )
}

/** An administrator has every permission, also on what is not there. */
async function isProject(db: Queryable, id: string): Promise<boolean> {
  return (await db.execute(sql`select from common.project where id = ${id}`)) > 0
}
