import { pipelineStates } from '../states.ts'
import {
  readVariables,
  type VariableStructures,
  type VariableValue,
  variableText,
  variableTexts,
} from '../variables.ts'
import type { Configuration, ConfiguredTransformation } from './schema.ts'

/**
 * The one way to write a configuration: lists by name, transformations in the order that they run in, keys sorted, and values of
 * variables with their types where nothing of their text is lost by it.
 */
export function normalizeConfiguration(configuration: Configuration): Configuration {
  const { segments, pipeline_types, clients, templates, pipelines } = configuration
  const structures = new Map(templates.map((template) => [template.name, template.variable_structures]))
  return {
    format: 1,
    segments: byName(segments),
    pipeline_types: byName(pipeline_types),
    clients: byName(clients).map((client) => ({ ...client, brands: byName(client.brands) })),
    templates: byName(templates).map((template) => ({
      ...template,
      config: sortKeys(template.config),
      variable_structures: sortKeys(template.variable_structures),
    })),
    pipelines: byName(pipelines).map((pipeline) => ({
      ...pipeline,
      transformations: pipeline.transformations
        .map((one) => ({ ...one, variables: typed(one, structures.get(one.template) ?? {}) }))
        .toSorted(inOrder),
    })),
  }
}

/** Two transformations with the same key are the same work at the same place. */
export function transformationKey({ state, template, graph_order, variables }: ConfiguredTransformation): string {
  const texts = Object.entries(variables)
    .map(([name, value]) => [name, variableText(value)])
    .toSorted(([a = ''], [b = '']) => compare(a, b))
  return JSON.stringify([state, graph_order, template, texts])
}

function typed({ template, variables }: ConfiguredTransformation, structures: VariableStructures) {
  const texts = variableTexts(structures, variables)
  const { values } = readVariables(structures, texts, { template, place: '' })
  const kept = Object.entries(variables).map(([name, given]): [string, VariableValue] => {
    // What it becomes is for its template to say, which may be known later.
    if (!Object.hasOwn(structures, name)) return [name, given]
    const text = texts[name] ?? ''
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    return [name, value !== undefined && variableText(value) === text ? value : text]
  })
  return sortKeys(Object.fromEntries(kept))
}

function inOrder(a: ConfiguredTransformation, b: ConfiguredTransformation): number {
  return (
    pipelineStates.indexOf(a.state) - pipelineStates.indexOf(b.state) ||
    a.graph_order - b.graph_order ||
    compare(a.template, b.template) ||
    compare(transformationKey(a), transformationKey(b))
  )
}

function byName<Named extends { readonly name: string }>(list: readonly Named[]): Named[] {
  return list.toSorted((a, b) => compare(a.name, b.name))
}

/** By code units, so that the order is the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Also of maps inside of lists and maps. */
function sortKeys<T>(value: T): T {
  if (Array.isArray(value)) return value.map(sortKeys) as T
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => compare(a, b))
  return Object.fromEntries(entries.map(([name, entry]) => [name, sortKeys(entry)])) as T
}
