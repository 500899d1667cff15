import { z } from '@hono/zod-openapi'
import { sql } from '@millrace/db'
import { isNotModified, notFound, pageHeaders, pageQuery, pageRange, queryBoolean } from '@millrace/http'
import { type Caller, rightsOf } from '../authz/index.ts'
import { change } from '../change.ts'
import { ulidText } from '../ids.ts'
import { permissionsOn, permissionsSchema } from '../members.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { slugInPath } from '../slugs.ts'
import { ensureUser } from '../users/index.ts'
import { changeProject, missingProject } from './change-project.ts'
import { createProject } from './create-project.ts'
import { projectRef } from './find-project.ts'
import { projectMemberRoutes } from './member-routes.ts'
import { newProjectSchema, presentProject, projectChangesSchema, projectSchema } from './schemas.ts'
import { listProjects, readProject, readVisibleProject } from './store.ts'

const tag = 'projects'
const params = z.strictObject({ project_id: ulidText })
const withDocumentation = queryBoolean({ default: false })

export function projectRoutes(api: ServerApi, context: ServerContext): void {
  const { db, reads, authz } = context
  projectMemberRoutes(api, context)

  /** 304 when the caller has this version already. */
  const answerProject = async (
    { principal, request }: { readonly principal: Caller; readonly request: Request },
    wanted: { readonly id: string } | { readonly namespace: string; readonly slug: string },
    query: { readonly with_documentation: boolean },
  ) => {
    const withDocumentation = query.with_documentation
    const project = await readVisibleProject(context, principal, wanted, { withDocumentation })
    if (project === undefined) return null
    const body = presentProject(project)
    const headers = { etag: body.etag }
    if (isNotModified(request, body.etag)) return { status: 304 as const, headers }
    return { status: 200 as const, body, headers }
  }

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/projects',
      operationId: 'listProjects',
      tag,
      access: 'open',
      summary: 'Projects that you may see, the last changed first',
      query: z.strictObject({
        ...pageQuery,
        namespace: slugInPath.optional(),
        direct_member: queryBoolean({ default: false }),
      }),
      answers: { 200: z.array(projectSchema) },
    },
    async ({ principal, query }) =>
      await reads.once(['listProjects', rightsOf(principal), query], async () => {
        const { namespace, direct_member } = query
        const filter = { namespace, directMember: direct_member }
        const { rows, total } = await listProjects(db, principal, filter, pageRange(query))
        return { status: 200 as const, body: rows.map(presentProject), headers: pageHeaders(query, total) }
      }),
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/data/projects',
      operationId: 'createProject',
      tag,
      access: 'user',
      summary: 'Create a project, which you own then',
      body: newProjectSchema,
      answers: { 201: projectSchema },
    },
    async ({ principal, requestId, body }) => {
      await ensureUser(context, principal)
      const project = await change(
        db,
        { id: principal.id, requestId },
        async (trx) => await createProject(trx, context, principal, body),
      )
      const made = presentProject(project)
      return { status: 201, body: made, headers: { etag: made.etag } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/projects/{project_id}',
      operationId: 'getProject',
      tag,
      access: 'open',
      summary: 'A project',
      params,
      query: z.strictObject({ with_documentation: withDocumentation }),
      answers: { 200: projectSchema, 304: null },
    },
    async (call) => {
      const { project_id } = call.params
      const answer = await answerProject(call, { id: project_id }, call.query)
      if (answer === null) throw missingProject(project_id)
      return answer
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/namespaces/{namespace}/projects/{slug}',
      operationId: 'getProjectByPath',
      tag,
      access: 'open',
      summary: 'A project by its path',
      description: 'Also by slugs that it or its namespace had before.',
      params: z.strictObject({ namespace: slugInPath, slug: slugInPath }),
      query: z.strictObject({ with_documentation: withDocumentation }),
      answers: { 200: projectSchema, 304: null },
    },
    async (call) => {
      const { namespace, slug } = call.params
      const answer = await answerProject(call, { namespace, slug }, call.query)
      if (answer !== null) return answer
      throw notFound('PROJECT_MISSING', `There is no project "${namespace}/${slug}", or you may not see it.`)
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: '/api/data/projects/{project_id}',
      operationId: 'updateProject',
      tag,
      access: 'user',
      ifMatch: true,
      summary: 'Change a project, rename it, or move it to another namespace',
      params,
      body: projectChangesSchema,
      answers: { 200: projectSchema },
    },
    async ({ principal, requestId, ifMatch, params: { project_id: id }, body }) => {
      const project = await change(db, { id: principal.id, requestId }, async (trx) => {
        await changeProject(trx, context, { principal, id, ifMatch }, body)
        return await readProject(trx, id, sql`true`, { withDocumentation: false })
      })
      if (project === undefined) throw missingProject(id)
      const changed = presentProject(project)
      return { status: 200, body: changed, headers: { etag: changed.etag } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/projects/{project_id}/permissions',
      operationId: 'getProjectPermissions',
      tag,
      access: 'open',
      summary: 'What you may do to a project',
      params,
      answers: { 200: permissionsSchema },
    },
    async ({ principal, params: { project_id: id } }) => {
      // An administrator may do everything, also to what is not there.
      const [project, permissions] = await Promise.all([
        readProject(db, id, sql`true`, { withDocumentation: false }),
        permissionsOn(db, authz, principal, projectRef(id)),
      ])
      if (project === undefined || permissions === null) throw missingProject(id)
      return { status: 200, body: permissions }
    },
  )
}
