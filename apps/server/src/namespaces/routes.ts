import { z } from '@hono/zod-openapi'
import { type HttpError, notFound, pageHeaders, pageQuery, pageRange, queryList } from '@millrace/http'
import { rightsOf } from '../authz/index.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { slugInPath } from '../slugs.ts'
import { findProjectNamespace, listNamespaces } from './list-namespaces.ts'
import { namespaceKinds, namespaceSchema, presentNamespace } from './schemas.ts'
import { findNamespace } from './store.ts'

const tag = 'namespaces'
const permissionOfRole = { viewer: 'read_children', editor: 'write', owner: 'delete' } as const

export function namespaceRoutes(api: ServerApi, { db, reads, authz }: ServerContext): void {
  api.endpoint(
    {
      method: 'get',
      path: '/api/data/namespaces',
      operationId: 'listNamespaces',
      tag,
      access: 'user',
      summary: 'Where you can put things: your own namespace, groups and projects',
      query: z.strictObject({
        ...pageQuery,
        minimum_role: z
          .enum(['viewer', 'editor', 'owner'])
          .optional()
          .openapi({ description: 'What you have to be there. Default: it is enough to see it.' }),
        kinds: queryList(namespaceKinds),
      }),
      answers: { 200: z.array(namespaceSchema) },
    },
    async ({ principal, query }) =>
      await reads.once(['listNamespaces', rightsOf(principal), query], async () => {
        const { minimum_role, kinds = ['user', 'group'] } = query
        const permission = minimum_role === undefined ? 'read' : permissionOfRole[minimum_role]
        const { rows, total } = await listNamespaces(db, authz, principal, { kinds, permission }, pageRange(query))
        return { status: 200 as const, body: rows.map(presentNamespace), headers: pageHeaders(query, total) }
      }),
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/namespaces/{slug}',
      operationId: 'getNamespace',
      tag,
      access: 'open',
      summary: 'The namespace of a user or group',
      description: 'Also by a slug that it had before.',
      params: z.strictObject({ slug: slugInPath }),
      answers: { 200: namespaceSchema },
    },
    async ({ principal, params: { slug } }) => {
      const namespace = await findNamespace(db, slug)
      if (namespace === null || !(await authz.can(db, principal, 'read', namespace.ref))) throw missingNamespace(slug)
      return { status: 200, body: presentNamespace({ ...namespace, path: namespace.slug }) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/namespaces/{namespace}/{slug}',
      operationId: 'getProjectNamespace',
      tag,
      access: 'open',
      summary: 'A project as a namespace',
      description: 'Also by slugs that it or its namespace had before.',
      params: z.strictObject({ namespace: slugInPath, slug: slugInPath }),
      answers: { 200: namespaceSchema },
    },
    async ({ principal, params }) => {
      const project = await findProjectNamespace(db, authz, principal, params)
      if (project === undefined) throw missingNamespace(`${params.namespace}/${params.slug}`)
      return { status: 200, body: presentNamespace(project) }
    },
  )
}

/** Says the same of what is missing and of what is hidden. */
export function missingNamespace(path: string): HttpError {
  return notFound('NAMESPACE_MISSING', `There is no namespace "${path}", or you may not see it.`)
}
