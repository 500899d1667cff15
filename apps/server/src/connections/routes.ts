import { z } from '@hono/zod-openapi'
import { pageHeaders, pageQuery, pageRange } from '@millrace/http'
import { text } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { slugInPath } from '../slugs.ts'
import { catalogueRoutes } from './catalogue-routes.ts'
import { connectionRoutesOf } from './connection-routes.ts'
import { namespacePlace, platformPlace, projectPlace } from './place.ts'
import { listReadable } from './readable-connections.ts'
import { presentReadable, presentUsable, readableSchema, usableSchema } from './schemas.ts'
import { listUsable } from './store.ts'
import { trialRoutesOf } from './trial-routes.ts'
import type { Trials } from './try-connection.ts'

/** Saved configurations of connectors, which tasks use by name. */
export function connectionRoutes(api: ServerApi, context: ServerContext, trials: Trials): void {
  const { db, authz } = context
  catalogueRoutes(api)

  api.endpoint(
    {
      method: 'get',
      path: '/api/readable-connections',
      operationId: 'listReadableConnections',
      tag: 'connections',
      access: 'user',
      summary: 'Connections of all projects and namespaces that you see them of, by name, without settings',
      description: 'Administrators get those of the platform as well.',
      query: z.strictObject({
        ...pageQuery,
        connector: text(100).optional(),
        search: text(200)
          .optional()
          .openapi({ description: 'Parts of the name or the description; all have to be there.' }),
      }),
      answers: { 200: z.array(readableSchema) },
    },
    async ({ principal, query }) => {
      const { rows, total } = await listReadable(db, authz, principal, query, pageRange(query))
      return { status: 200, body: rows.map(presentReadable), headers: pageHeaders(query, total) }
    },
  )

  const inProject = projectPlace(context)
  const project = { path: '/api/projects/{id}/connections', name: 'Project', access: 'user' } as const
  const ofProject = { id: ulidText }
  api.endpoint(
    {
      method: 'get',
      path: '/api/projects/{id}/usable-connections',
      operationId: 'listUsableConnections',
      tag: 'connections',
      access: 'user',
      summary: 'Connections that tasks of the project may name: its own, those of its namespace and of the platform',
      params: z.strictObject(ofProject),
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(usableSchema) },
    },
    async ({ principal, params, query }) => {
      await inProject(db, principal, params, 'read_children')
      const { rows, total } = await listUsable(db, params.id, pageRange(query))
      return { status: 200, body: rows.map(presentUsable), headers: pageHeaders(query, total) }
    },
  )
  connectionRoutesOf(api, context, project, ofProject, inProject)
  trialRoutesOf(api, context, trials, project, ofProject, inProject)

  const inNamespace = namespacePlace(context)
  const namespace = { path: '/api/namespaces/{slug}/connections', name: 'Namespace', access: 'user' } as const
  connectionRoutesOf(api, context, namespace, { slug: slugInPath }, inNamespace)
  trialRoutesOf(api, context, trials, namespace, { slug: slugInPath }, inNamespace)

  const platform = { path: '/api/connections', name: 'Platform', access: 'admin' } as const
  connectionRoutesOf(api, context, platform, {}, platformPlace)
  trialRoutesOf(api, context, trials, platform, {}, platformPlace)
}
