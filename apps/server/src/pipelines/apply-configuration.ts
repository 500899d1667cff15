import { isMillraceError } from '@millrace/core'
import { sql, type Trx } from '@millrace/db'
import { retireWorkflow } from '@millrace/engine'
import { invalid } from '@millrace/http'
import {
  type ConfigurationChange,
  type ConfiguredTransformation,
  type Problem,
  problemsError,
  transformationKey,
} from '@millrace/pipelines'
import type { Json } from '@millrace/workflow'
import type { ServerContext } from '../server-context.ts'
import {
  type CatalogueKind,
  type CatalogueRow,
  deleteInCatalogue,
  insertInCatalogue,
  readCatalogue,
  updateInCatalogue,
} from './catalogue-store.ts'
import { explainConstraints } from './constraints.ts'
import {
  deletePipeline,
  deleteTransformation,
  insertPipeline,
  insertTransformation,
  type PipelineRow,
  type PipelineValues,
  readPipelines,
  touchPipeline,
  updatePipeline,
  updateTransformation,
} from './pipeline-store.ts'
import { publishPipelines } from './publish.ts'
import { checkTransformation } from './service.ts'
import { checkTemplate } from './template-routes.ts'
import { deleteTemplate, insertTemplate, readTemplates, type TemplateRow, updateTemplate } from './template-store.ts'

/** What is there by name, kept up while changes are made. */
interface Known {
  readonly projectId: string
  readonly catalogue: Readonly<Record<CatalogueKind, Map<string, CatalogueRow>>>
  readonly templates: Map<string, TemplateRow>
  readonly pipelines: Map<string, PipelineRow>
}

/**
 * Makes the changes of a plan, all or none, and publishes the active pipelines of the project as they are then.
 *
 * @throws ConfigError `CONFIGURATION_REFUSED`, or the code of the only problem, with all problems in `details.problems`
 */
export async function applyConfiguration(
  trx: Trx,
  context: ServerContext,
  projectId: string,
  changes: readonly ConfigurationChange[],
): Promise<void> {
  const known = await readKnown(trx, projectId)
  const problems: Problem[] = []
  for (const change of changes) {
    try {
      await explainConstraints(
        `${words[change.kind]} "${change.name}"`,
        change.action === 'delete' ? 'removing' : 'saving',
        async () => await applyChange(trx, known, change),
      )
    } catch (error) {
      problems.push(...problemsOf(change, error))
      // A statement that failed ends the transaction: what comes after cannot be looked at.
      if (isRefusedByDatabase(error)) break
    }
  }
  if (problems.length > 0) throw problemsError('CONFIGURATION_REFUSED', 'Nothing was changed', problems)
  await publishPipelines(trx, context, sql`p.project_id = ${projectId}`)
}

const words: Readonly<Record<ConfigurationChange['kind'], string>> = {
  segment: 'segment',
  pipeline_type: 'pipeline type',
  client: 'client',
  brand: 'brand',
  template: 'template',
  pipeline: 'pipeline',
}

async function readKnown(trx: Trx, projectId: string): Promise<Known> {
  const byName = async (kind: CatalogueKind) =>
    new Map((await readCatalogue(trx, kind, projectId)).map((row) => [row.name, row]))
  const clients = await byName('client')
  const clientNames = new Map([...clients.values()].map(({ id, name }) => [id, name]))
  const brands = await readCatalogue(trx, 'brand', projectId)
  return {
    projectId,
    catalogue: {
      segment: await byName('segment'),
      pipeline_type: await byName('pipeline_type'),
      client: clients,
      brand: new Map(brands.map((row) => [`${clientNames.get(row.parent_id ?? '')}/${row.name}`, row])),
    },
    templates: new Map((await readTemplates(trx, projectId)).map((row) => [row.name, row])),
    pipelines: new Map((await readPipelines(trx, sql`p.project_id = ${projectId}`)).map((row) => [row.name, row])),
  }
}

async function applyChange(trx: Trx, known: Known, change: ConfigurationChange): Promise<void> {
  const { kind, name, action } = change
  if (kind === 'template') {
    const row = known.templates.get(name)
    if (action === 'delete') {
      if (row !== undefined) await deleteTemplate(trx, row.id)
      return
    }
    const values = { ...change.after, config: change.after.config as { readonly [field: string]: Json } }
    checkTemplate(values)
    const saved =
      row === undefined ? await insertTemplate(trx, known.projectId, values) : await updateTemplate(trx, row.id, values)
    known.templates.set(name, saved)
    return
  }
  if (kind === 'pipeline') {
    const row = known.pipelines.get(name)
    if (action === 'delete') {
      if (row !== undefined) await deletePipeline(trx, row.id)
      return
    }
    await savePipeline(trx, known, row, change.after)
    return
  }
  const row = known.catalogue[kind].get(name)
  if (action === 'delete') {
    if (row !== undefined) await deleteInCatalogue(trx, kind, row.id)
    return
  }
  const values = {
    name: change.after.name,
    display_name: change.after.display_name,
    parent_id: parentOf(known, change),
  }
  const saved =
    row === undefined
      ? await insertInCatalogue(trx, kind, known.projectId, values)
      : await updateInCatalogue(trx, kind, row.id, values)
  known.catalogue[kind].set(name, saved)
}

function parentOf(known: Known, change: ConfigurationChange): string | null {
  if (change.action === 'delete') return null
  if (change.kind === 'brand') return idOf(known, 'client', change.after.client)
  if (change.kind !== 'pipeline_type' || change.after.segment === null) return null
  return idOf(known, 'segment', change.after.segment)
}

function idOf(known: Known, kind: CatalogueKind, name: string): string {
  const row = known.catalogue[kind].get(name)
  if (row !== undefined) return row.id
  throw invalid(
    'REFERENCE_MISSING',
    `There is no ${words[kind]} "${name}", neither in the project nor in the configuration.`,
  )
}

type WantedPipeline = Extract<ConfigurationChange, { readonly kind: 'pipeline'; readonly action: 'create' }>['after']

async function savePipeline(
  trx: Trx,
  known: Known,
  before: PipelineRow | undefined,
  wanted: WantedPipeline,
): Promise<void> {
  const { name, description, is_active, run_frequency } = wanted
  const values: PipelineValues = {
    ...{ name, description, is_active, run_frequency },
    brand_id: idOf(known, 'brand', wanted.brand),
    pipeline_type_id: idOf(known, 'pipeline_type', wanted.type),
  }
  const { projectId } = known
  if (before === undefined) {
    const id = await insertPipeline(trx, projectId, values)
    for (const [index, one] of wanted.transformations.entries()) {
      await insertTransformation(trx, { id, projectId }, await checked(trx, known, one, index))
    }
    return
  }
  if (before.is_active && !is_active) await retireWorkflow(trx, before.workflow)
  await updatePipeline(trx, before.id, values)
  if (await saveTransformations(trx, known, before, wanted.transformations)) await touchPipeline(trx, before.id)
}

/** Those that stay the same keep their ids; others change to what is wanted for their template and state. Returns whether any did. */
async function saveTransformations(
  trx: Trx,
  known: Known,
  before: PipelineRow,
  wanted: readonly ConfiguredTransformation[],
): Promise<boolean> {
  const left = before.transformations.map(({ id, state, template, graphOrder, variables }) => ({
    id,
    given: { state, template: template.name, graph_order: graphOrder, variables: { ...variables } },
  }))
  const take = (fits: (given: ConfiguredTransformation) => boolean) => {
    const place = left.findIndex(({ given }) => fits(given))
    return place < 0 ? undefined : left.splice(place, 1)[0]
  }
  const changed = [...wanted.entries()].filter(
    ([, one]) => take((given) => transformationKey(given) === transformationKey(one)) === undefined,
  )
  for (const [index, one] of changed) {
    const values = await checked(trx, known, one, index)
    const old = take(({ state, template }) => state === one.state && template === one.template)
    if (old === undefined) await insertTransformation(trx, { id: before.id, projectId: known.projectId }, values)
    else await updateTransformation(trx, old.id, values)
  }
  for (const { id } of left) await deleteTransformation(trx, id)
  return changed.length + left.length > 0
}

async function checked(trx: Trx, known: Known, one: ConfiguredTransformation, index: number) {
  const template = known.templates.get(one.template)
  if (template === undefined) {
    throw invalid(
      'REFERENCE_MISSING',
      `There is no template "${one.template}", neither in the project nor in the configuration.`,
    )
  }
  const { state, graph_order, variables } = one
  const given = { state, template_id: template.id, graph_order, variables }
  return await checkTransformation(trx, known.projectId, given, `transformations.${index}`)
}

function problemsOf({ kind, name }: ConfigurationChange, error: unknown): readonly Problem[] {
  if (!isMillraceError(error) || error.recovery === 'transient' || error.recovery === 'fatal') throw error
  const at = `${words[kind]} ${name}`
  const own = (error.details.problems ?? []) as readonly Problem[]
  if (own.length === 0) return [{ place: at, code: error.code, message: error.message }]
  return own.map(({ place, code, message }) => ({ place: `${at}, ${place}`, code, message }))
}

function isRefusedByDatabase(error: unknown): boolean {
  if (!isMillraceError(error)) return false
  return error.code.startsWith('DATABASE_') || ['NAME_TAKEN', 'STILL_USED'].includes(error.code)
}
