import { isDeepStrictEqual } from 'node:util'
import { normalizeConfiguration } from './normalize.ts'
import type { Configuration } from './schema.ts'

interface ConfigurationOf {
  readonly segment: Configuration['segments'][number]
  readonly pipeline_type: Configuration['pipeline_types'][number]
  readonly client: Omit<Configuration['clients'][number], 'brands'>
  readonly brand: Configuration['clients'][number]['brands'][number] & { readonly client: string }
  readonly template: Configuration['templates'][number]
  readonly pipeline: Configuration['pipelines'][number]
}

export type ConfigurationKind = keyof ConfigurationOf

/** One thing to do, by name; brands are `CLIENT/BRAND`. */
export type ConfigurationChange = {
  readonly [Kind in ConfigurationKind]: { readonly kind: Kind; readonly name: string } & (
    | { readonly action: 'create'; readonly after: ConfigurationOf[Kind] }
    | {
        readonly action: 'update'
        /** What differs. */
        readonly fields: readonly string[]
        readonly before: ConfigurationOf[Kind]
        readonly after: ConfigurationOf[Kind]
      }
    | { readonly action: 'delete'; readonly before: ConfigurationOf[Kind] }
  )
}[ConfigurationKind]

/** In the order that things are made in, since each may name those before. */
const kinds: readonly ConfigurationKind[] = ['segment', 'pipeline_type', 'client', 'brand', 'template', 'pipeline']

/**
 * What has to be done so that `current` becomes `wanted`, in an order in which it can be done. What `wanted` does not speak of
 * stays, unless `prune` is true.
 */
export function planConfiguration(
  current: Configuration,
  wanted: Configuration,
  { prune = false }: { readonly prune?: boolean } = {},
): readonly ConfigurationChange[] {
  // Values of variables are written with the types of the templates as they will be.
  const templates = new Map([...current.templates, ...wanted.templates].map((template) => [template.name, template]))
  const both = (configuration: Configuration) => ({ ...configuration, templates: [...templates.values()] })
  const known = { ...normalizeConfiguration(both(current)), templates: normalizeConfiguration(current).templates }
  const goal = { ...normalizeConfiguration(both(wanted)), templates: normalizeConfiguration(wanted).templates }
  const changes: unknown[] = []
  for (const kind of kinds) {
    const before = itemsOf(known, kind)
    for (const [name, after] of itemsOf(goal, kind)) {
      const old = before.get(name)
      if (old === undefined) changes.push({ kind, name, action: 'create', after })
      else {
        const fields = differing(old, after)
        if (fields.length > 0) changes.push({ kind, name, action: 'update', fields, before: old, after })
      }
    }
  }
  for (const kind of prune ? kinds.toReversed() : []) {
    const after = itemsOf(goal, kind)
    for (const [name, before] of itemsOf(known, kind)) {
      if (!after.has(name)) changes.push({ kind, name, action: 'delete', before })
    }
  }
  return changes as ConfigurationChange[]
}

function itemsOf(configuration: Configuration, kind: ConfigurationKind): ReadonlyMap<string, object> {
  const { segments, pipeline_types, clients, templates, pipelines } = configuration
  const byName = <Named extends { readonly name: string }>(list: readonly Named[]) =>
    new Map(list.map((item) => [item.name, item]))
  switch (kind) {
    case 'segment':
      return byName(segments)
    case 'pipeline_type':
      return byName(pipeline_types)
    case 'client':
      return byName(clients.map(({ brands: _, ...client }) => client))
    case 'brand':
      return new Map(
        clients.flatMap(({ name: client, brands }) =>
          brands.map((brand) => [`${client}/${brand.name}`, { ...brand, client }] as const),
        ),
      )
    case 'template':
      return byName(templates)
    case 'pipeline':
      return byName(pipelines)
  }
}

function differing(before: object, after: object): readonly string[] {
  const old = before as Readonly<Record<string, unknown>>
  return Object.entries(after).flatMap(([field, value]) => (isDeepStrictEqual(old[field], value) ? [] : [field]))
}
