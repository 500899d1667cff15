import { z } from '@hono/zod-openapi'
import { notFound } from '@millrace/http'
import { change } from '../change.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { ensureUser } from './ensure-user.ts'
import { findPinnedProjects, pinProject, unpinProject } from './preferences.ts'
import { preferencesSchema, presentPreferences } from './schemas.ts'

const tag = 'users'
const access = 'user'
const projectSlug = z
  .string()
  .min(3)
  .max(199)
  .regex(/^[a-zA-Z0-9][\w.-]*(?:\/[a-zA-Z0-9][\w.-]*)*$/, 'has to be like "namespace/project"')
  .openapi({ example: 'flights/delays' })

export function preferenceRoutes(api: ServerApi, context: ServerContext): void {
  const { db, settings } = context

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/user/preferences',
      operationId: 'getUserPreferences',
      tag,
      access,
      summary: 'Your preferences',
      answers: { 200: preferencesSchema },
    },
    async ({ principal: { id } }) => {
      const pinned = await findPinnedProjects(db, id)
      if (pinned === null) throw notFound('PREFERENCES_MISSING', 'You have set no preferences yet.')
      return { status: 200, body: presentPreferences(id, pinned) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/data/user/preferences/pinned_projects',
      operationId: 'pinProject',
      tag,
      access,
      summary: 'Pin a project',
      description: 'A project that is pinned already, whatever the case of its letters, stays pinned once.',
      body: z.strictObject({ project_slug: projectSlug }),
      answers: { 200: preferencesSchema },
    },
    async ({ principal, requestId, body }) => {
      const { id } = principal
      await ensureUser(context, principal)
      const pinned = await change(
        db,
        { id, requestId },
        async (trx) => await pinProject(trx, id, body.project_slug, { maximum: settings.maxPinnedProjects }),
      )
      return { status: 200, body: presentPreferences(id, pinned) }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: '/api/data/user/preferences/pinned_projects',
      operationId: 'unpinProject',
      tag,
      access,
      summary: 'Unpin a project, or all',
      query: z.strictObject({ project_slug: projectSlug.optional() }),
      answers: { 200: preferencesSchema },
    },
    async ({ principal, requestId, query }) => {
      const { id } = principal
      await ensureUser(context, principal)
      const pinned = await change(
        db,
        { id, requestId },
        async (trx) => await unpinProject(trx, id, query.project_slug ?? null),
      )
      return { status: 200, body: presentPreferences(id, pinned) }
    },
  )
}
