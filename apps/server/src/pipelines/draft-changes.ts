import { isDeepStrictEqual } from 'node:util'
import { type Draft, type DraftTransformation, draftId, type ReadDraft, textsOf } from './draft.ts'
import type { PipelineRow, TransformationRow } from './pipeline-store.ts'

export interface DraftChange {
  readonly action: 'add' | 'change' | 'remove'
  readonly kind: 'pipeline' | 'transformation'
  /** Of the transformation; of one that is not saved, the stand-in that the graph has as well. */
  readonly transformation_id?: string
  readonly state?: string
  readonly template?: string
  /** What a change is of. */
  readonly fields: readonly string[]
  /** By field. */
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
  /** A sentence for people. */
  readonly text: string
}

/** What would be changed by saving, in the order of the draft; what is removed comes last. Of a new pipeline everything is added. */
export function draftChanges(
  saved: PipelineRow | null,
  draft: Draft,
  { templates, brand, type }: ReadDraft,
): readonly DraftChange[] {
  const nameOf = (templateId: string) => templates.get(templateId)?.name ?? templateId
  const kept = new Set(draft.transformations.map(({ id }) => id))
  const settings = { ...settingsOf(draft), brand, type }
  const before = saved?.transformations ?? []
  return [
    ...(saved === null
      ? [addedPipeline(settings)]
      : changedSettings({ ...settingsOf(saved), brand: saved.brand, type: saved.type }, settings)),
    ...draft.transformations.flatMap((given, index) => {
      const old = before.find(({ id }) => id === given.id)
      const template = nameOf(given.template_id)
      return old === undefined ? [added(given, index, template, templates)] : changed(old, given, template, templates)
    }),
    ...before.filter(({ id }) => !kept.has(id)).map(removed),
  ]
}

const words: Readonly<Record<string, string>> = {
  is_active: 'whether it is active',
  run_frequency: 'how often it runs',
  type: 'its type',
  brand: 'its brand',
  name: 'its name',
  description: 'its description',
  graph_order: 'its place',
  state: 'its state',
  template: 'its template',
}

function settingsOf({ name, description, is_active, run_frequency }: Omit<Draft, 'transformations'>) {
  return { name, description, is_active, run_frequency } as Readonly<Record<string, unknown>>
}

function addedPipeline(after: Readonly<Record<string, unknown>>): DraftChange {
  const text = `Adds the pipeline "${after.name}".`
  return { action: 'add', kind: 'pipeline', fields: [], before: null, after, text }
}

function changedSettings(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly DraftChange[] {
  const fields = differing(before, after)
  if (fields.length === 0) return []
  const parts = fields.map((field) => inWords(words[field] ?? field, before, after, field))
  return [
    {
      ...{ action: 'change', kind: 'pipeline', fields, before: pick(before, fields), after: pick(after, fields) },
      text: `Changes ${parts.join(', ')}.`,
    },
  ]
}

function added(
  given: DraftTransformation,
  index: number,
  template: string,
  templates: ReadDraft['templates'],
): DraftChange {
  const { state, graph_order } = given
  return {
    ...{ action: 'add', kind: 'transformation', transformation_id: draftId(index), state, template, fields: [] },
    before: null,
    after: { state, template, graph_order, variables: textsOf(given, templates) },
    text: `Adds "${template}" to ${state}.`,
  }
}

function removed({ id, state, template: { name: template }, graphOrder, variables }: TransformationRow): DraftChange {
  return {
    ...{ action: 'remove', kind: 'transformation', transformation_id: id, state, template, fields: [] },
    before: { state, template, graph_order: graphOrder, variables },
    after: null,
    text: `Removes "${template}" from ${state}.`,
  }
}

function changed(
  old: TransformationRow,
  given: DraftTransformation,
  template: string,
  templates: ReadDraft['templates'],
): readonly DraftChange[] {
  const before = { state: old.state, template: old.template.name, graph_order: old.graphOrder, ...flat(old.variables) }
  const after = { state: given.state, template, graph_order: given.graph_order, ...flat(textsOf(given, templates)) }
  const fields = differing(before, after)
  if (fields.length === 0) return []
  const parts = fields.map((field) => inWords(words[field] ?? `"${field.slice(10)}"`, before, after, field))
  return [
    {
      ...{ action: 'change', kind: 'transformation', transformation_id: old.id, state: old.state },
      ...{ template: old.template.name, fields, before: pick(before, fields), after: pick(after, fields) },
      text: `Changes "${old.template.name}" of ${old.state}: ${parts.join(', ')}.`,
    },
  ]
}

function flat(variables: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [`variables.${name}`, value]))
}

function differing(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): string[] {
  const fields = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...fields].filter((field) => !isDeepStrictEqual(before[field], after[field]))
}

function pick(values: Readonly<Record<string, unknown>>, fields: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(fields.map((field) => [field, values[field] ?? null]))
}

function inWords(
  what: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  field: string,
): string {
  return `${what} from ${shown(before[field])} to ${shown(after[field])}`
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  const text = String(value)
  return typeof value === 'string' ? JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text) : text
}
