import { z } from '@hono/zod-openapi'
import { problemsError } from '@millrace/pipelines'
import { change } from '../change.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { expectPart, expectProject } from './access.ts'
import { explainConstraints } from './constraints.ts'
import { type Draft, type EditedPipeline, readDraft } from './draft.ts'
import { type DraftChange, draftChanges } from './draft-changes.ts'
import { graphSchema, presentGraph } from './graph.ts'
import { findPipeline, type PipelineRow } from './pipeline-store.ts'
import { saveDraft } from './save-draft.ts'
import {
  idParams,
  pipelineEtag,
  pipelineSchema,
  pipelineValues,
  presentPipeline,
  problemSchema,
  transformationValues,
} from './schemas.ts'
import { pipelineToChange } from './service.ts'

const tag = 'pipelines'
const path = '/api/pipelines/{id}'

const draftFields = {
  ...pipelineValues,
  transformations: z
    .array(
      z.strictObject({
        id: ulidText.optional().openapi({ description: 'Of one that the pipeline has; a new one has none.' }),
        ...transformationValues,
      }),
    )
    .max(1000),
}
const draftSchema = z.strictObject(draftFields).openapi('PipelineDraft')

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

  const previewOf = async (edited: EditedPipeline, saved: PipelineRow | null, draft: Draft) => {
    const read = await readDraft(db, context, edited, draft)
    const changes = draftChanges(saved, draft, read).map(copied)
    return { problems: [...read.problems], graph: presentGraph(context, read.record, read.problems), changes }
  }

  api.endpoint(
    {
      ...{ method: 'post', path: '/api/pipelines/preview', operationId: 'previewNewPipeline', tag, access: 'user' },
      summary: 'What a new pipeline would become: problems and graph',
      description: 'Nothing is written.',
      body: z.strictObject({ project_id: ulidText, ...draftFields }),
      answers: { 200: previewSchema },
    },
    async ({ principal, body: { project_id, ...draft } }) => {
      await expectProject(context, db, principal, 'write', project_id)
      const edited = { id: 'new', project_id, transformations: [] }
      return { status: 200, body: await previewOf(edited, null, draft) }
    },
  )

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
      return { status: 200, body: await previewOf(row, row, body) }
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
          const { problems, templates } = await readDraft(trx, context, before, body)
          if (problems.length > 0) {
            throw problemsError('PIPELINE_INVALID', `Pipeline "${body.name}" cannot be saved`, problems)
          }
          return await saveDraft(trx, context, before, body, { templates })
        }),
      )
      return { status: 200, body: presentPipeline(row), headers: { etag: pipelineEtag(row) } }
    },
  )
}

function copied({ fields, before, after, ...rest }: DraftChange): z.input<typeof changeSchema> {
  const copyOf = (values: typeof before) => (values === null ? null : { ...values })
  return { ...rest, fields: [...fields], before: copyOf(before), after: copyOf(after) }
}
