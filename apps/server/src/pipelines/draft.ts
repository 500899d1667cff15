import { type Queryable, sql } from '@millrace/db'
import {
  type PipelineRecord,
  type Problem,
  pipelineProblems,
  pipelineStates,
  type TemplateRecord,
  type VariableTexts,
  variableTexts,
} from '@millrace/pipelines'
import type { ServerContext } from '../server-context.ts'
import { type CatalogueKind, type CatalogueRow, findInCatalogue } from './catalogue-store.ts'
import type { PipelineRow, PipelineValues } from './pipeline-store.ts'
import { compileOptions } from './publish.ts'
import type { GivenTransformation } from './service.ts'
import { readTemplates } from './template-store.ts'

/** A pipeline as somebody edits it: all of it, with transformations in the order of the editor. */
export interface Draft extends PipelineValues {
  readonly transformations: readonly DraftTransformation[]
}

export interface DraftTransformation extends GivenTransformation {
  /** Of one that the pipeline has; a new one has none. */
  readonly id?: string | undefined
}

export interface ReadDraft {
  /** With stand-ins for ids of new transformations; what is not there is left out. */
  readonly record: PipelineRecord
  /** Everything that is wrong; `transformations.N` counts from 0, in the order of the draft. */
  readonly problems: readonly Problem[]
  readonly templates: ReadonlyMap<string, TemplateRecord>
  readonly brand: string
  readonly type: string
}

/** What is edited; of a new pipeline there is no more than its project. */
export type EditedPipeline = Pick<PipelineRow, 'id' | 'project_id' | 'transformations'> & {
  readonly workflow?: string
}

/** Stands for the id of a transformation that is not saved yet. */
export function draftId(index: number): string {
  return `new-${index}`
}

/** What a draft would be, and everything that is wrong with it. Nothing is written. */
export async function readDraft(
  db: Queryable,
  context: ServerContext,
  { id, project_id: projectId, workflow, transformations: saved }: EditedPipeline,
  draft: Draft,
): Promise<ReadDraft> {
  const problems: Problem[] = []
  const refer = async (kind: CatalogueKind, wanted: string, place: string, noun: string) => {
    const row = await findInCatalogue(db, kind, wanted)
    if (row?.project_id === projectId) return row
    problems.push({ place, code: 'REFERENCE_MISSING', message: `The project has no ${noun} ${wanted}.` })
    return undefined
  }
  const namesake = await db.maybe(
    sql`select from pipelines.pipeline where project_id = ${projectId} and name = ${draft.name} and id <> ${id}`,
  )
  if (namesake !== undefined) {
    const message = `The project has another pipeline "${draft.name}". Choose another name.`
    problems.push({ place: 'name', code: 'NAME_TAKEN', message })
  }
  const brand = await refer('brand', draft.brand_id, 'brand_id', 'brand')
  const type = await refer('pipeline_type', draft.pipeline_type_id, 'pipeline_type_id', 'pipeline type')
  const parent = async (kind: CatalogueKind, row: CatalogueRow | undefined) =>
    row?.parent_id == null ? undefined : await findInCatalogue(db, kind, row.parent_id)
  const templates = await readTemplateRecords(db, projectId)

  const places = new Map<string, number>()
  const known = new Set(saved.map((one) => one.id))
  const parts = draft.transformations.flatMap((given, index) => {
    const place = `transformations.${index}`
    if (given.id !== undefined && (!known.has(given.id) || places.has(given.id))) {
      const why = known.has(given.id)
        ? 'stands in the draft twice'
        : 'is none of this pipeline; leave the id of a new one out'
      problems.push({
        place: `${place}.id`,
        code: 'REFERENCE_MISSING',
        message: `The transformation ${given.id} ${why}.`,
      })
      return []
    }
    const own = given.id ?? draftId(index)
    places.set(own, index)
    const template = templates.get(given.template_id)
    if (template === undefined) {
      const message = `The project has no template ${given.template_id}.`
      problems.push({ place: `${place}.template_id`, code: 'REFERENCE_MISSING', message })
      return []
    }
    const variables = textsOf(given, templates)
    return [{ state: given.state, part: { id: own, template, graphOrder: given.graph_order, variables } }]
  })
  const record: PipelineRecord = {
    ...{ id, name: draft.name, description: draft.description, runFrequency: draft.run_frequency },
    ...(workflow === undefined ? {} : { workflow }),
    ...{ brand: brand?.name ?? '', type: type?.name ?? '' },
    client: (await parent('client', brand))?.name ?? '',
    segment: (await parent('segment', type))?.name ?? null,
    states: pipelineStates.map((state, graphOrder) => ({
      ...{ state, graphOrder },
      transformations: parts.filter((one) => one.state === state).map(({ part }) => part),
    })),
  }
  const found = pipelineProblems(record, compileOptions(context)).map((problem) => ({
    ...problem,
    place: problem.place.replace(/^transformations\.([^.]+)/, (all, own: string) =>
      places.has(own) ? `transformations.${places.get(own)}` : all,
    ),
  }))
  return { record, problems: [...problems, ...found], templates, brand: record.brand, type: record.type }
}

/** Values of a transformation as they are stored. */
export function textsOf(
  { template_id, variables }: Pick<GivenTransformation, 'template_id' | 'variables'>,
  templates: ReadDraft['templates'],
): VariableTexts {
  return variableTexts(templates.get(template_id)?.variableStructures ?? {}, variables)
}

async function readTemplateRecords(db: Queryable, projectId: string): Promise<ReadonlyMap<string, TemplateRecord>> {
  const rows = await readTemplates(db, projectId)
  return new Map(
    rows.map(({ id, name, operator, config, variable_structures: variableStructures, state }) => [
      id,
      { ...{ id, name, operator, config, variableStructures, state } },
    ]),
  )
}
