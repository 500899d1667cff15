import { isDeepStrictEqual } from 'node:util'
import type { Trx } from '@millrace/db'
import type { ServerContext } from '../server-context.ts'
import { type Draft, type DraftTransformation, type ReadDraft, textsOf } from './draft.ts'
import {
  deleteTransformation,
  insertTransformation,
  type PipelineRow,
  type TransformationRow,
  type TransformationValues,
  touchPipeline,
  updateTransformation,
} from './pipeline-store.ts'
import { changePipeline } from './service.ts'

/** Makes a pipeline what a draft without problems says, and publishes it once, as it is then. */
export async function saveDraft(
  trx: Trx,
  context: ServerContext,
  before: PipelineRow,
  { transformations, ...values }: Draft,
  { templates }: Pick<ReadDraft, 'templates'>,
): Promise<PipelineRow> {
  const saved = new Map(before.transformations.map((one) => [one.id, one]))
  const kept = new Set(transformations.map(({ id }) => id))
  const gone = before.transformations.filter(({ id }) => !kept.has(id))
  for (const { id } of gone) await deleteTransformation(trx, id)
  let isChanged = gone.length > 0
  for (const given of transformations) {
    const wanted = valuesOf(given, templates)
    const old = given.id === undefined ? undefined : saved.get(given.id)
    if (old === undefined) await insertTransformation(trx, { id: before.id, projectId: before.project_id }, wanted)
    else if (isDeepStrictEqual(savedValues(old), wanted)) continue
    else await updateTransformation(trx, old.id, wanted)
    isChanged = true
  }
  if (isChanged) await touchPipeline(trx, before.id)
  return await changePipeline(trx, context, before, values)
}

function valuesOf(given: DraftTransformation, templates: ReadDraft['templates']): TransformationValues {
  const { state, template_id: templateId, graph_order: graphOrder } = given
  return { state, templateId, graphOrder, variables: { ...textsOf(given, templates) } }
}

function savedValues({ state, template, graphOrder, variables }: TransformationRow): TransformationValues {
  return { state, templateId: template.id, graphOrder, variables: { ...variables } }
}
