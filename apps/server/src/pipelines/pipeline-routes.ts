import { z } from '@hono/zod-openapi'
import { sql } from '@millrace/db'
import { checkIfMatch, isNotModified, pageHeaders, pageQuery, pageRange, queryBoolean } from '@millrace/http'
import { pipelineName } from '@millrace/pipelines'
import { change } from '../change.ts'
import { text } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { expectPart, expectProject } from './access.ts'
import { explainConstraints } from './constraints.ts'
import { pipelineActivities } from './pipeline-activity.ts'
import { deletePipeline, findPipeline, listPipelines, type PipelineRow } from './pipeline-store.ts'
import {
  description,
  idParams,
  listedPipelineSchema,
  pipelineEtag,
  pipelineSchema,
  pipelineValues,
  presentListed,
  presentPipeline,
  runFrequency,
  transformationValues,
} from './schemas.ts'
import { changePipeline, createPipeline, pipelineToChange } from './service.ts'

const tag = 'pipelines'
const path = '/api/pipelines'

/** Pipelines: each change that holds is scheduled at once, each other one is refused with everything that is wrong. */
export function pipelineRecordRoutes(api: ServerApi, context: ServerContext): void {
  const { db, authz } = context

  api.endpoint(
    {
      ...{ method: 'get', path, operationId: 'listPipelines', tag, access: 'open' },
      summary: 'Pipelines that the caller may see, by name',
      query: z.strictObject({
        ...pageQuery,
        project_id: ulidText.optional(),
        name: text(80).optional().openapi({ description: 'A part of the name.' }),
        client: text(80).optional(),
        brand: text(80).optional(),
        type: text(80).optional(),
        is_active: queryBoolean().optional(),
      }),
      answers: { 200: z.array(listedPipelineSchema) },
    },
    async ({ principal, query }) => {
      const { project_id = null, name = null, client = null, brand = null, type = null, is_active = null } = query
      const where = sql`
        ${authz.visible(principal, 'read', 'project', { id: sql`p.project_id` })}
        and (${project_id}::text is null or p.project_id = ${project_id})
        and (${name}::text is null or position(lower(${name ?? ''}) in lower(p.name)) > 0)
        and (${client}::text is null or c.name = ${client})
        and (${brand}::text is null or b.name = ${brand})
        and (${type}::text is null or t.name = ${type})
        and (${is_active}::boolean is null or p.is_active = ${is_active}::boolean)`
      const { rows, total } = await listPipelines(db, where, pageRange(query))
      const activities = await pipelineActivities(context, rows, context.workflowAccess.condition(principal))
      const body = rows.flatMap((row, at) => {
        const activity = activities[at]
        return activity === undefined ? [] : [presentListed(row, activity)]
      })
      return { status: 200, body, headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'post', path, operationId: 'createPipeline', tag, access: 'user' },
      summary: 'Add a pipeline',
      description: 'An active one is scheduled with it.',
      body: z.strictObject({
        project_id: ulidText,
        ...pipelineValues,
        transformations: z.array(z.strictObject(transformationValues)).max(1000).default([]),
      }),
      answers: { 201: pipelineSchema },
    },
    async ({ principal, requestId, body: { project_id, transformations, ...values } }) => {
      await expectProject(context, db, principal, 'write', project_id)
      const row = await explainConstraints(`pipeline "${values.name}"`, 'saving', async () =>
        change(
          db,
          { id: principal.id, requestId },
          async (trx) => await createPipeline(trx, context, project_id, values, transformations),
        ),
      )
      return { status: 201, body: presentPipeline(row), headers: { etag: pipelineEtag(row) } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: `${path}/{id}`, operationId: 'getPipeline', tag, access: 'open' },
      summary: 'A pipeline with its transformations',
      params: idParams,
      answers: { 200: pipelineSchema, 304: null },
    },
    async ({ principal, params: { id }, request }) => {
      const found = await findPipeline(db, id)
      const row = await expectPart(context, db, principal, 'read', { row: found, noun: 'pipeline', id })
      const headers = { etag: pipelineEtag(row) }
      if (isNotModified(request, headers.etag)) return { status: 304, headers }
      return { status: 200, body: presentPipeline(row), headers }
    },
  )

  api.endpoint(
    {
      ...{ method: 'patch', path: `${path}/{id}`, operationId: 'updatePipeline', tag, access: 'user', ifMatch: true },
      summary: 'Change a pipeline',
      params: idParams,
      body: z.strictObject({
        name: pipelineName.optional(),
        description: description.optional(),
        brand_id: ulidText.optional(),
        pipeline_type_id: ulidText.optional(),
        is_active: z.boolean().optional(),
        run_frequency: runFrequency.optional(),
      }),
      answers: { 200: pipelineSchema },
    },
    async ({ principal, requestId, ifMatch, params: { id }, body }) => {
      const row = await explainConstraints(`pipeline "${body.name ?? id}"`, 'saving', async () =>
        change(db, { id: principal.id, requestId }, async (trx) => {
          const before = await pipelineToChange(trx, context, principal, { id, ifMatch })
          const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
          return await changePipeline(trx, context, before, { ...before, ...given })
        }),
      )
      return { status: 200, body: presentPipeline(row), headers: { etag: pipelineEtag(row) } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'delete', path: `${path}/{id}`, operationId: 'deletePipeline', tag, access: 'user' },
      summary: 'Remove a pipeline with its transformations',
      description: 'Runs under way go on. With `If-Match` it is removed only as the caller knows it.',
      params: idParams,
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { id }, request }) => {
      const ifMatch = request.headers.get('if-match')
      await change(db, { id: principal.id, requestId }, async (trx) => {
        const row = await pipelineToChange(trx, context, principal, { id })
        if (ifMatch !== null) checkIfMatch(ifMatch, pipelineEtag(row))
        await deletePipeline(trx, id)
      })
      return { status: 204 }
    },
  )

  for (const isActive of [true, false]) {
    const verb = isActive ? 'activate' : 'deactivate'
    api.endpoint(
      {
        ...{ method: 'post', path: `${path}/{id}/${verb}`, operationId: `${verb}Pipeline`, tag, access: 'user' },
        summary: isActive
          ? 'Schedule a pipeline from now on'
          : 'Take a pipeline from its schedule; it has no new runs, and runs under way go on',
        params: idParams,
        answers: { 200: pipelineSchema },
      },
      async ({ principal, requestId, params: { id } }) => {
        const row = await change(db, { id: principal.id, requestId }, async (trx): Promise<PipelineRow> => {
          const before = await pipelineToChange(trx, context, principal, { id })
          if (before.is_active === isActive) return before
          return await changePipeline(trx, context, before, { ...before, is_active: isActive })
        })
        return { status: 200, body: presentPipeline(row), headers: { etag: pipelineEtag(row) } }
      },
    )
  }
}
