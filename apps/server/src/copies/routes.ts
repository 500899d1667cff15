import { z } from '@hono/zod-openapi'
import { isNotModified, pageHeaders, pageQuery, pageRange } from '@millrace/http'
import { change } from '../change.ts'
import { projectPlace, type Trials } from '../connections/index.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { removeWorkflow } from '../workflows/index.ts'
import { workflowOfCopy } from './compile-copy.ts'
import { planCopy } from './plan-copy.ts'
import { missingCopy, saveCopy } from './save-copy.ts'
import {
  copyName,
  copyPlanSchema,
  copyRequestSchema,
  copySchema,
  planRequestSchema,
  presentCopy,
  presentPlan,
} from './schemas.ts'
import { findCopy, listCopies } from './store.ts'

const tag = 'copies'
const access = 'user'
const path = '/api/projects/{id}/copies'
const ofProject = z.strictObject({ id: ulidText })
const ofCopy = z.strictObject({ id: ulidText, name: copyName })

/** Copies of data: saved transfers, each of which is a workflow of its project. */
export function copyRoutes(api: ServerApi, context: ServerContext, trials: Trials): void {
  const { db, engine, workflowAccess } = context
  const findProject = projectPlace(context)

  api.endpoint(
    {
      ...{ method: 'post', path: `${path}/plan`, operationId: 'planCopy', tag, access },
      summary: 'What a copy would do, table by table',
      description:
        'Types, changes of the destination, values that may not survive, sizes and problems. Both databases are asked by the server, and nothing is written. Templates are filled in as for a run that starts now.',
      params: ofProject,
      body: planRequestSchema,
      answers: { 200: copyPlanSchema },
      timeoutSeconds: 150,
    },
    async ({ principal, params, body, signal }) => {
      await findProject(db, principal, params, 'write')
      const startedAt = performance.now()
      const given = { project: params.id, config: body.config, timeoutMs: body.timeout_seconds * 1000 }
      const plan = await planCopy(context, trials, given, signal)
      return { status: 200, body: presentPlan(plan, Math.round(performance.now() - startedAt)) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path, operationId: 'listCopies', tag, access },
      summary: 'Copies of a project by name, with their last runs',
      params: ofProject,
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(copySchema) },
    },
    async ({ principal, params, query }) => {
      await findProject(db, principal, params, 'read_children')
      const where = workflowAccess.condition(principal)
      const { rows, total } = await listCopies(db, { project: params.id, where }, pageRange(query))
      return { status: 200, body: rows.map(presentCopy), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: `${path}/{name}`, operationId: 'getCopy', tag, access },
      summary: 'A copy',
      params: ofCopy,
      answers: { 200: copySchema, 304: null },
    },
    async ({ principal, params, request }) => {
      await findProject(db, principal, params, 'read_children')
      const found = await findCopy(db, { project: params.id, name: params.name })
      if (found === undefined) throw missingCopy(params.name)
      const body = presentCopy(found)
      const headers = { etag: body.etag }
      if (isNotModified(request, headers.etag)) return { status: 304, headers }
      return { status: 200, body, headers }
    },
  )

  api.endpoint(
    {
      ...{ method: 'put', path: `${path}/{name}`, operationId: 'putCopy', tag, access },
      summary: 'Save a copy',
      description:
        'It becomes a version of its workflow, which is scheduled and run by the routes of workflows; the same content makes no new version. With `If-Match` it is changed only as the caller knows it, with `If-None-Match: *` only made.',
      params: ofCopy,
      body: copyRequestSchema,
      answers: { 200: copySchema, 201: copySchema },
    },
    async ({ principal, params: { id, name }, body, request, requestId }) => {
      const ifMatch = request.headers.get('if-match')
      const onlyNew = request.headers.get('if-none-match')?.trim() === '*'
      const { copy, isNew } = await change(db, { id: principal.id, requestId }, async (trx) => {
        await findProject(trx, principal, { id }, 'write')
        return await saveCopy(trx, context, principal, { project: id, name, ifMatch, onlyNew }, body)
      })
      const saved = presentCopy(copy)
      return { status: isNew ? 201 : 200, body: saved, headers: { etag: saved.etag } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'delete', path: `${path}/{name}`, operationId: 'deleteCopy', tag, access },
      summary: 'Remove a copy with its runs',
      description: 'Refused while a run is active. What was copied stays.',
      params: ofCopy,
      answers: { 204: null },
    },
    async ({ principal, params: { id, name }, requestId }) => {
      await findProject(db, principal, { id }, 'write')
      if ((await findCopy(db, { project: id, name })) === undefined) throw missingCopy(name)
      const actor = { id: principal.id, requestId }
      await removeWorkflow(engine, actor, workflowOfCopy(name), workflowAccess.condition(principal, 'write'))
      return { status: 204 }
    },
  )
}
