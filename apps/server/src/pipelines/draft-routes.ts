import { z } from '@hono/zod-openapi'
import { problemsError } from '@millrace/pipelines'
import { change } from '../change.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi, ServerContext } from '../server-context.ts'
import { expectPart } from './access.ts'
import { explainConstraints } from './constraints.ts'
import { readDraft } from './draft.ts'
import { draftChanges } from './draft-changes.ts'
import { graphSchema, presentGraph } from './graph.ts'
import { findPipeline } from './pipeline-store.ts'
import { saveDraft } from './save-draft.ts'
import {
  etagOfRow,
  idParams,
  pipelineSchema,
  pipelineValues,
  presentPipeline,
  problemSchema,
  transformationValues,
} from './schemas.ts'
import { pipelineToChange } from './service.ts'

const tag = 'pipelines'
const path = '/api/pipelines/{id}'

const draftSchema = z
  .strictObject({
    ...pipelineValues,
    transformations: z
      .array(
        z.strictObject({
          id: ulidText.optional().openapi({ description: 'Of one that the pipeline has; a new one has none.' }),
          ...transformationValues,
        }),
      )
      .max(1000),
  })
  .openapi('PipelineDraft')

const changeSchema = z
  .object({
    action: z.enum(['add', 'change', 'remove']),
    kind: z.enum(['pipeline', 'transformation']),
    transformation_id: z.string().optional().openapi({ description: 'Of a new one `new-N`, as in the graph.' }),
    state: z.string().optional(),
    template: z.string().optional(),
    fields: z
      .array(z.string())
      .openapi({ description: 'What a change is of: `run_frequency`, `graph_order`, `variables.table`, …' }),
    before: z.record(z.string(), z.unknown()).nullable(),
    after: z.record(z.string(), z.unknown()).nullable(),
    text: z.string().openapi({ description: 'The same as a sentence.' }),
  })
  .openapi('PipelineDraftChange')

const previewSchema = z
  .object({
    problems: z.array(problemSchema).openapi({
      description: 'Why saving would be refused. `transformations.N` counts from 0, in the order of the draft.',
    }),
    graph: graphSchema,
    changes: z.array(changeSchema).openapi({ description: 'What saving would change; empty: nothing.' }),
  })
  .openapi('PipelinePreview')

/** A pipeline that is edited as a whole: looked at before it is saved, and saved in one step. */
export function draftRoutes(api: ServerApi, context: ServerContext): void {
  const { db } = context

  api.endpoint(
    {
      ...{ method: 'post', path: `${path}/preview`, operationId: 'previewPipeline', tag, access: 'user' },
      summary: 'What a pipeline would become by an edit: problems, graph, and what would change',
      description: 'Nothing is written.',
      params: idParams,
      body: draftSchema,
      answers: { 200: previewSchema },
    },
    async ({ principal, params: { id }, body }) => {
      const found = await findPipeline(db, id)
      const row = await expectPart(context, db, principal, 'write', { row: found, noun: 'pipeline', id })
      const read = await readDraft(db, context, row, body)
      const changes = draftChanges(row, body, read).map((one) => ({ ...one, fields: [...one.fields] }))
      const graph = presentGraph(context, read.record, read.problems)
      return { status: 200, body: { problems: [...read.problems], graph, changes: changes.map(copied) } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'put', path, operationId: 'replacePipeline', tag, access: 'user', ifMatch: true },
      summary: 'Save an edited pipeline as a whole, with its transformations',
      description:
        'All or nothing: transformations that are given with their id are changed, those without are added, those that are missing are removed.',
      params: idParams,
      body: draftSchema,
      answers: { 200: pipelineSchema },
    },
    async ({ principal, requestId, ifMatch, params: { id }, body }) => {
      const row = await explainConstraints(`pipeline "${body.name}"`, 'saving', async () =>
        change(db, { id: principal.id, requestId }, async (trx) => {
          const before = await pipelineToChange(trx, context, principal, { id, ifMatch })
          const { problems } = await readDraft(trx, context, before, body)
          if (problems.length > 0) {
            throw problemsError('PIPELINE_INVALID', `Pipeline "${body.name}" cannot be saved`, problems)
          }
          return await saveDraft(trx, context, before, body)
        }),
      )
      return { status: 200, body: presentPipeline(row), headers: { etag: etagOfRow(row) } }
    },
  )
}

function copied<Change extends { readonly before: object | null; readonly after: object | null }>(one: Change) {
  return {
    ...one,
    before: one.before === null ? null : { ...one.before },
    after: one.after === null ? null : { ...one.after },
  }
}
