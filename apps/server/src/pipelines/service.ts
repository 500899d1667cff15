import type { Trx } from '@millrace/db'
import { checkIfMatch, HttpError, invalid, notFound } from '@millrace/http'
import { frequencyProblems, problemsError, readVariables, type VariableValue, variableTexts } from '@millrace/pipelines'
import type { Caller } from '../authz/index.ts'
import type { ServerContext } from '../server-context.ts'
import { expectPart } from './access.ts'
import { lockProject } from './lock-project.ts'
import {
  findPipeline,
  insertPipeline,
  insertTransformation,
  type PipelineRow,
  type PipelineValues,
  type TransformationRow,
  type TransformationValues,
  touchPipeline,
  updatePipeline,
} from './pipeline-store.ts'
import { publishPipeline } from './publish.ts'
import { pipelineEtag } from './schemas.ts'
import { findTemplate } from './template-store.ts'

export interface GivenTransformation {
  readonly state: TransformationValues['state']
  readonly template_id: string
  readonly graph_order: number
  readonly variables: Readonly<Record<string, VariableValue>>
}

/** For a change by somebody who may; nobody else changes it until the transaction ends. @throws HttpError 404, 409 */
export async function pipelineToChange(
  trx: Trx,
  context: ServerContext,
  caller: Caller,
  { id, ifMatch }: { readonly id: string; readonly ifMatch?: string },
): Promise<PipelineRow> {
  const seen = await findPipeline(trx, id)
  await expectPart(context, trx, caller, 'write', { row: seen, noun: 'pipeline', id })
  if (seen !== undefined) await lockProject(trx, seen.project_id)
  const row = await expectPart(context, trx, caller, 'write', {
    row: await findPipeline(trx, id),
    noun: 'pipeline',
    id,
  })
  if (ifMatch !== undefined) checkIfMatch(ifMatch, pipelineEtag(row))
  return row
}

export async function createPipeline(
  trx: Trx,
  context: ServerContext,
  projectId: string,
  values: PipelineValues,
  transformations: readonly GivenTransformation[],
): Promise<PipelineRow> {
  checkFrequency(values)
  await lockProject(trx, projectId)
  const id = await insertPipeline(trx, projectId, values)
  for (const [index, given] of transformations.entries()) {
    const checked = await checkTransformation(trx, projectId, given, `transformations.${index}`)
    await insertTransformation(trx, { id, projectId }, checked)
  }
  const row = await readChanged(trx, id)
  if (row.is_active) await publishPipeline(trx, context, row, true)
  return row
}

export async function changePipeline(
  trx: Trx,
  context: ServerContext,
  before: PipelineRow,
  values: PipelineValues,
): Promise<PipelineRow> {
  checkFrequency(values)
  await updatePipeline(trx, before.id, values)
  await publishPipeline(trx, context, before, values.is_active)
  return await readChanged(trx, before.id)
}

/** Changes what is part of a pipeline, by `work`, and publishes the pipeline as it is then. */
export async function changeParts(
  trx: Trx,
  context: ServerContext,
  before: PipelineRow,
  work: () => Promise<void>,
): Promise<PipelineRow> {
  await work()
  await touchPipeline(trx, before.id)
  if (before.is_active) await publishPipeline(trx, context, before, true)
  return await readChanged(trx, before.id)
}

/**
 * The values of a transformation, strictly by its template.
 *
 * @throws HttpError 422 REFERENCE_MISSING
 * @throws ConfigError `EXTRA_TRANSFORMATION_VARIABLE`, `MISSING_TRANSFORMATION_VARIABLE`, `TRANSFORMATION_VARIABLE_INVALID`,
 *   `TEMPLATE_STATE_WRONG`; of several problems, `TRANSFORMATION_INVALID`
 */
export async function checkTransformation(
  trx: Trx,
  projectId: string,
  { state, template_id: templateId, graph_order: graphOrder, variables }: GivenTransformation,
  place: string,
): Promise<TransformationValues> {
  const template = await findTemplate(trx, templateId)
  if (template === undefined || template.project_id !== projectId) {
    throw invalid(
      'REFERENCE_MISSING',
      `The project has no template ${templateId}. List them by /api/pipeline-templates.`,
    )
  }
  const texts = variableTexts(template.variable_structures, variables)
  const { problems } = readVariables(template.variable_structures, texts, {
    template: template.name,
    place: `${place}.variables`,
  })
  const wrongState =
    template.state === null || template.state === state
      ? []
      : [
          {
            place: `${place}.state`,
            code: 'TEMPLATE_STATE_WRONG',
            message: `The template "${template.name}" is for the state ${template.state}, not for ${state}.`,
          },
        ]
  const all = [...wrongState, ...problems]
  if (all.length > 0) throw problemsError('TRANSFORMATION_INVALID', 'The transformation cannot be used', all)
  return { state, templateId, graphOrder, variables: texts }
}

/** @throws HttpError 404 */
export function transformationOf(pipeline: PipelineRow, id: string): TransformationRow {
  const transformation = pipeline.transformations.find((one) => one.id === id)
  if (transformation !== undefined) return transformation
  throw notFound('TRANSFORMATION_MISSING', `Pipeline "${pipeline.name}" has no transformation ${id}.`)
}

async function readChanged(trx: Trx, id: string): Promise<PipelineRow> {
  const row = await findPipeline(trx, id)
  if (row !== undefined) return row
  throw new HttpError(409, 'PIPELINE_REMOVED', 'Somebody removed the pipeline meanwhile.')
}

function checkFrequency({ run_frequency, name }: PipelineValues): void {
  const problems = frequencyProblems(run_frequency)
  if (problems.length > 0) throw problemsError('PIPELINE_INVALID', `Pipeline "${name}" cannot be used`, problems)
}
