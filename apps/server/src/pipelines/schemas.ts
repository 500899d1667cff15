import { z } from '@hono/zod-openapi'
import { etagOf, withoutNulls } from '@millrace/http'
import {
  pipelineName,
  pipelineStates,
  readVariables,
  recordName,
  type VariableValue,
  variableStructuresSchema,
  variablesSchema,
} from '@millrace/pipelines'
import { type Json, runStates } from '@millrace/workflow'
import { isoTime, jsonMap, text, time } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import type { LastRun, PipelineActivity } from './pipeline-activity.ts'
import type { PipelineRow, TransformationRow } from './pipeline-store.ts'
import type { TemplateRow } from './template-store.ts'

export const idParams = z.strictObject({ id: ulidText })
export const stateName = z.enum(pipelineStates)
export const displayName = text(200).nullable()
export const description = text(10_000).nullable()
export const runFrequency = text(200).min(1).nullable().openapi({
  description: '`hourly`, `daily`, `weekly`, `monthly`, `yearly`, `once`, or five fields of cron; null: by hand only.',
  example: 'daily',
})
export const lastActor = z.string().openapi({ description: 'Id of who made it what it is.' })
const variables = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).openapi({
  description: 'Values by name, strictly as the template declares them: nothing missing, nothing extra.',
})
export const graphOrder = z.int().min(-1_000_000).max(1_000_000)

export const problemSchema = z
  .object({ place: z.string(), code: z.string(), message: z.string() })
  .openapi('PipelineProblem')

export const config = jsonMap
  .transform((given) => given as { readonly [field: string]: Json })
  .openapi({
    description: 'Of the operator. Texts are templates, in which `variables.x` is a variable.',
    type: 'object',
  })

export const templateValues = {
  name: recordName,
  description: description.default(null),
  state: stateName.nullable().default(null).openapi({ description: 'The only state that it is for; null: any.' }),
  operator: text(100).min(1).openapi({ example: 'sql' }),
  config: config.default({}),
  variable_structures: variableStructuresSchema.default({}),
  tags: z.array(text(100).min(1)).max(50).default([]),
}

export const templateSchema = z
  .object({
    id: z.string(),
    project_id: z.string(),
    etag: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    state: stateName.nullable(),
    operator: z.string(),
    config: jsonMap,
    variable_structures: z.record(z.string(), z.object({ datatype: z.string(), description: z.string() })),
    variables_schema: jsonMap.openapi({
      description: 'JSON Schema (draft 2020-12) of the variables, for the form of a transformation.',
    }),
    tags: z.array(z.string()),
    created_at: time,
    updated_at: time,
    last_actor: lastActor,
  })
  .openapi('PipelineTemplate')

export const transformationValues = {
  state: stateName,
  template_id: ulidText,
  graph_order: graphOrder
    .default(0)
    .openapi({ description: 'Equal ones of a state run side by side, lower ones first.' }),
  variables: variables.default({}),
}

const transformationSchema = z
  .object({
    id: z.string(),
    state: stateName,
    template_id: z.string(),
    template: z.string(),
    graph_order: z.int(),
    variables: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    last_actor: lastActor,
  })
  .openapi('Transformation')

export const pipelineValues = {
  name: pipelineName,
  description: description.default(null),
  brand_id: ulidText,
  pipeline_type_id: ulidText,
  is_active: z.boolean().default(true),
  run_frequency: runFrequency.default(null),
}

export const pipelineSchema = z
  .object({
    id: z.string(),
    project_id: z.string(),
    etag: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    client_id: z.string(),
    client: z.string(),
    brand_id: z.string(),
    brand: z.string(),
    pipeline_type_id: z.string(),
    type: z.string(),
    segment: z.string().nullable(),
    is_active: z.boolean(),
    run_frequency: z.string().nullable(),
    workflow: z.string().openapi({ description: 'Name of the workflow that it becomes.' }),
    transformations: z.array(transformationSchema),
    created_at: time,
    updated_at: time,
    last_actor: lastActor,
  })
  .openapi('Pipeline')

/** With what a list of pipelines tells of the runs of each. */
export const listedPipelineSchema = pipelineSchema
  .extend({
    next_run_at: time.optional(),
    schedule_problem: z.string().optional().openapi({ description: 'Why its schedule makes no runs.' }),
    last_run: z
      .object({
        id: z.string(),
        state: z.enum(runStates),
        created_at: time,
        started_at: time.optional(),
        ended_at: time.optional(),
      })
      .optional()
      .openapi({ description: 'Where there was one, and the caller may see runs.' }),
    problems: z.int().openapi({ description: 'How many things are wrong with it; an active one holds.' }),
  })
  .openapi('ListedPipeline')

export function etagOfRow({ id, updated_at }: { readonly id: string; readonly updated_at: Date }): string {
  return etagOf(`${id} ${updated_at.toISOString()}`)
}

export function presentTemplate(row: TemplateRow): z.input<typeof templateSchema> {
  const { created_at, updated_at, config, tags, variable_structures, ...rest } = row
  return {
    ...rest,
    etag: etagOfRow(row),
    config: { ...config },
    variable_structures: { ...variable_structures },
    variables_schema: { ...variablesSchema(variable_structures) },
    tags: [...tags],
    created_at: isoTime(created_at),
    updated_at: isoTime(updated_at),
  }
}

export function pipelineEtag(row: PipelineRow): string {
  return presentPipeline(row).etag
}

export function presentPipeline(row: PipelineRow): z.input<typeof pipelineSchema> {
  const { created_at, updated_at, transformations, ...rest } = row
  const shown = {
    ...rest,
    transformations: transformations.map((transformation) => ({
      id: transformation.id,
      state: transformation.state,
      template_id: transformation.template.id,
      template: transformation.template.name,
      graph_order: transformation.graphOrder,
      variables: presentVariables(transformation),
      last_actor: transformation.lastActor,
    })),
    created_at: isoTime(created_at),
    updated_at: isoTime(updated_at),
  }
  // Names of its brand and its templates stand in it, and change without it.
  return { ...shown, etag: etagOf(JSON.stringify(shown)) }
}

export function presentListed(row: PipelineRow, activity: PipelineActivity): z.input<typeof listedPipelineSchema> {
  const { nextRunAt, scheduleProblem, lastRun, problems } = activity
  return {
    ...presentPipeline(row),
    ...withoutNulls({
      next_run_at: isoTime(nextRunAt),
      schedule_problem: scheduleProblem,
      last_run: lastRun === null ? null : presentLastRun(lastRun),
    }),
    problems,
  }
}

function presentLastRun({ id, state, ...at }: LastRun) {
  const iso = (text: string | null) => (text === null ? null : new Date(text).toISOString())
  const times = { started_at: iso(at.started_at), ended_at: iso(at.ended_at) }
  return { id: `${id}`, state, created_at: new Date(at.created_at).toISOString(), ...withoutNulls(times) }
}

/** With their types; what does not fit its template any more is shown as it is. */
export function presentVariables({ template, variables }: TransformationRow): Record<string, VariableValue> {
  const { values } = readVariables(template.variableStructures, variables, { template: template.name, place: '' })
  return { ...variables, ...values }
}
