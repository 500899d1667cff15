import { z } from '@hono/zod-openapi'
import { forbidden, pageHeaders, pageQuery, pageRange, queryBoolean } from '@millrace/http'
import { change } from '../change.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import {
  listCopies,
  missingProject,
  newProjectSchema,
  presentProject,
  projectSchema,
  readProject,
  visibleProjects,
} from '../projects/index.ts'
import type { ServerContext } from '../server-context.ts'
import { ensureUser } from '../users/index.ts'
import { copyProject } from './copy-project.ts'

const tag = 'projects'
const params = z.strictObject({ project_id: ulidText })

export function projectCopyRoutes(api: ServerApi, context: ServerContext): void {
  const { db, authz } = context

  api.endpoint(
    {
      method: 'post',
      path: '/api/data/projects/{project_id}/copies',
      operationId: 'copyProject',
      tag,
      access: 'user',
      summary: 'Create a project from another one',
      description:
        'With its documentation, session secret slots, launchers and links to data connectors that you may read; description, visibility, repositories and keywords are those of the template unless given. When a link cannot be copied the answer is 403 and names it, and the project is there without it.',
      params,
      body: newProjectSchema,
      answers: { 201: projectSchema },
    },
    async ({ principal, requestId, params: { project_id: id }, body }) => {
      await ensureUser(context, principal)
      const { project, notCopied } = await change(
        db,
        { id: principal.id, requestId },
        async (trx) => await copyProject(trx, context, { principal, id }, body),
      )
      if (notCopied.length > 0) {
        throw forbidden(
          'LINKS_NOT_COPIED',
          `The project "${project.namespace}/${project.slug}" was created, without links to these data connectors, which you may not read: ${notCopied.join(', ')}.`,
        )
      }
      const made = presentProject(project)
      return { status: 201, body: made, headers: { etag: made.etag } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/projects/{project_id}/copies',
      operationId: 'listProjectCopies',
      tag,
      access: 'open',
      summary: 'Projects that were made from this one, the last changed first',
      params,
      query: z.strictObject({ ...pageQuery, writable: queryBoolean({ default: false }) }),
      answers: { 200: z.array(projectSchema) },
    },
    async ({ principal, params: { project_id: id }, query }) => {
      const template = await readProject(db, id, visibleProjects(authz, principal, 'read'), {
        withDocumentation: false,
      })
      if (template === undefined) throw missingProject(id)
      const visible = visibleProjects(authz, principal, query.writable ? 'write' : 'read')
      const { rows, total } = await listCopies(db, id, visible, pageRange(query))
      return { status: 200, body: rows.map(presentProject), headers: pageHeaders(query, total) }
    },
  )
}
