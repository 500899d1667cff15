import { z } from '@hono/zod-openapi'
import { pageHeaders, pageQuery, pageRange, queryTime, withoutNulls } from '@millrace/http'
import { isoTime, jsonMap, text, time } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import { findNamespace, missingNamespace } from '../namespaces/index.ts'
import type { ServerApi } from '../principals.ts'
import { missingProject, projectRef } from '../projects/index.ts'
import type { ServerContext } from '../server-context.ts'
import { type AuditEvent, listAuditEvents } from './store.ts'

const tag = 'audit'

const auditEventSchema = z
  .object({
    id: z.number(),
    at: time,
    actor: z.string().openapi({ description: 'Id of a user, or a part of the platform such as `job:user-sync`.' }),
    request_id: z.string().optional(),
    entity: z.string().openapi({ example: 'project' }),
    entity_id: z.string(),
    action: z
      .enum(['insert', 'update', 'delete', 'read'])
      .openapi({ description: '`read`: a task was given a secret; `after` says which task.' }),
    before: jsonMap.optional(),
    after: jsonMap.optional(),
  })
  .openapi('AuditEvent')

const filterQuery = {
  ...pageQuery,
  entity: text(100).optional().openapi({ description: 'Such as `project`, `group` or `relation`.' }),
  entity_id: text(1000).optional(),
  actor: text(200).optional(),
  from: queryTime.optional(),
  to: queryTime.optional().openapi({ description: 'Before this moment.' }),
}

type FilterQuery = z.output<z.ZodObject<typeof filterQuery>>

/** Who changed what people configure, when, and how. */
export function auditRoutes(api: ServerApi, { db, authz }: ServerContext): void {
  const answer = async (query: FilterQuery, scope?: string) => {
    const { entity, entity_id: entityId, actor, from, to } = query
    const { rows, total } = await listAuditEvents(db, { entity, entityId, actor, from, to, scope }, pageRange(query))
    return { status: 200 as const, body: rows.map(bodyOf), headers: pageHeaders(query, total) }
  }

  api.endpoint(
    {
      ...{ method: 'get', path: '/api/audit', operationId: 'listAuditEvents', tag, access: 'admin' },
      summary: 'Changes of everything that people configure, the newest first',
      query: z.strictObject(filterQuery),
      answers: { 200: z.array(auditEventSchema) },
    },
    async ({ query }) => await answer(query),
  )

  api.endpoint(
    {
      ...{ method: 'get', path: '/api/projects/{project_id}/audit', operationId: 'listProjectAuditEvents', tag },
      ...{ access: 'user', summary: 'Changes of a project and of what belongs to it, for its owners' },
      params: z.strictObject({ project_id: ulidText }),
      query: z.strictObject(filterQuery),
      answers: { 200: z.array(auditEventSchema) },
    },
    async ({ principal, params: { project_id: id }, query }) => {
      if (!(await authz.can(db, principal, 'delete', projectRef(id)))) throw missingProject(id)
      return await answer(query, `project:${id}`)
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: '/api/groups/{group}/audit', operationId: 'listGroupAuditEvents', tag },
      ...{ access: 'user', summary: 'Changes of a group and of what belongs to it, for its owners' },
      params: z.strictObject({ group: text(99).openapi({ description: 'The slug.' }) }),
      query: z.strictObject(filterQuery),
      answers: { 200: z.array(auditEventSchema) },
    },
    async ({ principal, params: { group }, query }) => {
      const namespace = await findNamespace(db, group)
      const isOwner = namespace?.kind === 'group' && (await authz.can(db, principal, 'delete', namespace.ref))
      if (!isOwner) throw missingNamespace(group)
      return await answer(query, `namespace:${namespace.id}`)
    },
  )
}

function bodyOf({ id, at, ...rest }: AuditEvent): z.input<typeof auditEventSchema> {
  const { actor, request_id, entity, entity_id, action, before, after } = rest
  // Nulls within a row stay: they are what it was or became.
  return withoutNulls({
    ...{ id, at: isoTime(at), actor, request_id, entity, entity_id, action },
    ...{ before: before === null ? null : { ...before }, after: after === null ? null : { ...after } },
  })
}
