import { z } from '@hono/zod-openapi'
import { invalid } from '@millrace/http'
import { change } from '../change.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { deleteTransformation, insertTransformation, updateTransformation } from './pipeline-store.ts'
import {
  graphOrder,
  idParams,
  pipelineEtag,
  pipelineSchema,
  presentPipeline,
  presentVariables,
  stateName,
  transformationValues,
} from './schemas.ts'
import { changeParts, checkTransformation, pipelineToChange, transformationOf } from './service.ts'

const tag = 'pipelines'
const path = '/api/pipelines/{id}/transformations'
const partParams = z.strictObject({ id: ulidText, transformation: ulidText })

/** Transformations are part of their pipeline: changes ask for its ETag, and answer it as it is then. */
export function transformationRoutes(api: ServerApi, context: ServerContext): void {
  const { db } = context

  api.endpoint(
    {
      ...{ method: 'post', path, operationId: 'createTransformation', tag, access: 'user', ifMatch: true },
      summary: 'Add a transformation',
      params: idParams,
      body: z.strictObject(transformationValues),
      answers: { 201: pipelineSchema },
    },
    async ({ principal, requestId, ifMatch, params: { id }, body }) => {
      const row = await change(db, { id: principal.id, requestId }, async (trx) => {
        const before = await pipelineToChange(trx, context, principal, { id, ifMatch })
        const { project_id: projectId } = before
        const values = await checkTransformation(trx, projectId, body, 'transformation')
        return await changeParts(trx, context, before, async () => {
          await insertTransformation(trx, { id, projectId }, values)
        })
      })
      return { status: 201, body: presentPipeline(row), headers: { etag: pipelineEtag(row) } }
    },
  )

  api.endpoint(
    {
      ...{
        method: 'patch',
        path: `${path}/{transformation}`,
        operationId: 'updateTransformation',
        tag,
        access: 'user',
      },
      ifMatch: true,
      summary: 'Change a transformation',
      params: partParams,
      body: z.strictObject({
        state: stateName.optional(),
        template_id: ulidText.optional(),
        graph_order: graphOrder.optional(),
        variables: transformationValues.variables.unwrap().optional(),
      }),
      answers: { 200: pipelineSchema },
    },
    async ({ principal, requestId, ifMatch, params: { id, transformation }, body }) => {
      const row = await change(db, { id: principal.id, requestId }, async (trx) => {
        const before = await pipelineToChange(trx, context, principal, { id, ifMatch })
        const known = transformationOf(before, transformation)
        const given = {
          state: body.state ?? known.state,
          template_id: body.template_id ?? known.template.id,
          graph_order: body.graph_order ?? known.graphOrder,
          variables: body.variables ?? presentVariables(known),
        }
        const values = await checkTransformation(trx, before.project_id, given, `transformations.${transformation}`)
        return await changeParts(trx, context, before, async () => {
          await updateTransformation(trx, transformation, values)
        })
      })
      return { status: 200, body: presentPipeline(row), headers: { etag: pipelineEtag(row) } }
    },
  )

  api.endpoint(
    {
      ...{
        method: 'delete',
        path: `${path}/{transformation}`,
        operationId: 'deleteTransformation',
        tag,
        access: 'user',
      },
      ifMatch: true,
      summary: 'Remove a transformation',
      params: partParams,
      answers: { 200: pipelineSchema },
    },
    async ({ principal, requestId, ifMatch, params: { id, transformation } }) => {
      const row = await change(db, { id: principal.id, requestId }, async (trx) => {
        const before = await pipelineToChange(trx, context, principal, { id, ifMatch })
        transformationOf(before, transformation)
        return await changeParts(trx, context, before, async () => await deleteTransformation(trx, transformation))
      })
      return { status: 200, body: presentPipeline(row), headers: { etag: pipelineEtag(row) } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'put', path: '/api/pipelines/{id}/order', operationId: 'orderTransformations', tag, access: 'user' },
      ifMatch: true,
      summary: 'Give transformations of a pipeline another order, all at once',
      params: idParams,
      body: z
        .array(z.strictObject({ id: ulidText, graph_order: graphOrder }))
        .min(1)
        .max(1000),
      answers: { 200: pipelineSchema },
    },
    async ({ principal, requestId, ifMatch, params: { id }, body }) => {
      if (new Set(body.map((one) => one.id)).size < body.length) {
        throw invalid('TRANSFORMATION_TWICE', 'A transformation stands in the list twice. Name each of them once.')
      }
      const row = await change(db, { id: principal.id, requestId }, async (trx) => {
        const before = await pipelineToChange(trx, context, principal, { id, ifMatch })
        return await changeParts(trx, context, before, async () => {
          for (const { id: transformation, graph_order: graphOrder } of body) {
            const { state, template, variables } = transformationOf(before, transformation)
            await updateTransformation(trx, transformation, { state, templateId: template.id, graphOrder, variables })
          }
        })
      })
      return { status: 200, body: presentPipeline(row), headers: { etag: pipelineEtag(row) } }
    },
  )
}
