import { parseTemplate } from '@millrace/core'
import type { Json } from '@millrace/workflow'
import type { VariableValue } from './variables.ts'

/** What the templates of a configuration can name besides what every task can. */
export interface TransformationNames {
  readonly variables: Readonly<Record<string, VariableValue>>
  readonly pipeline: { readonly [name: string]: string | null }
}

/** Parameters that a task sees; templates that are left for the run read their names from there. */
export function taskParams(transformId: string, { variables, pipeline }: TransformationNames): Record<string, Json> {
  return { ...variables, transform_id: transformId, pipeline }
}

/**
 * Puts variables into a configuration. A text that is nothing but `{{ variables.x }}` becomes the value itself, with its type.
 * What only the run can fill in, such as `{{ dt }}`, stays a template. A value never becomes a template, whatever it holds.
 *
 * @param literalFields Whose texts are taken as they are, such as code.
 * @throws ConfigError `TEMPLATE_INVALID`, `TEMPLATE_FAILED`
 */
export function fillConfig(
  config: { readonly [field: string]: Json },
  names: TransformationNames,
  literalFields: readonly string[] = [],
): { readonly [field: string]: Json } {
  return Object.fromEntries(
    Object.entries(config).map(([field, value]) => [
      field,
      literalFields.includes(field) ? value : fill(value, names, field),
    ]),
  )
}

function fill(value: Json, names: TransformationNames, path: string): Json {
  if (typeof value === 'string') return fillText(value, names, path)
  if (Array.isArray(value)) return value.map((entry, index) => fill(entry, names, `${path}.${index}`))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, fill(entry, names, `${path}.${name}`)]))
}

const ours = ['variables', 'pipeline']
const hasTags = /\{[{%#]/
const forTheRun = '{% set variables = params %}{% set pipeline = params.pipeline %}'

function fillText(text: string, names: TransformationNames, path: string): Json {
  if (!hasTags.test(text)) return text
  const template = parseTemplate(text, `The configuration at ${path}`)
  if (!template.variables.some((name) => ours.includes(name))) return text
  const whole = /^\{\{\s*variables\.(\w+)\s*\}\}$/.exec(text)?.[1]
  const value = whole !== undefined && Object.hasOwn(names.variables, whole) ? names.variables[whole] : undefined
  if (value !== undefined && (typeof value !== 'string' || !hasTags.test(value))) return value
  if (template.variables.every((name) => ours.includes(name))) {
    const filled = template.render({ ...names })
    if (!hasTags.test(filled)) return filled
  }
  return `${forTheRun}${text}`
}

/** @throws ConfigError `TEMPLATE_INVALID` for the first text that cannot be read */
export function checkTexts(config: Json, literalFields: readonly string[] = [], path = ''): void {
  if (typeof config === 'string') {
    if (hasTags.test(config)) parseTemplate(config, `The configuration at ${path}`)
    return
  }
  if (typeof config !== 'object' || config === null) return
  for (const [field, entry] of Object.entries(config)) {
    if (path !== '' || !literalFields.includes(field)) checkTexts(entry, [], path === '' ? field : `${path}.${field}`)
  }
}

/** Variables that the texts of a configuration name as `variables.x`, with the place of each. */
export function variablesNamed(
  config: Json,
  literalFields: readonly string[] = [],
  path = '',
): readonly { readonly path: string; readonly name: string }[] {
  if (typeof config === 'string') {
    const tags = config.match(/\{\{.*?\}\}|\{%.*?%\}/gs) ?? []
    const names = tags.flatMap((tag) =>
      [...tag.matchAll(/(?<![\w.])variables\s*\.\s*(\w+)/g)].map(([, name = '']) => name),
    )
    return [...new Set(names)].map((name) => ({ path, name }))
  }
  if (typeof config !== 'object' || config === null) return []
  return Object.entries(config)
    .filter(([field]) => path !== '' || !literalFields.includes(field))
    .flatMap(([field, entry]) => variablesNamed(entry, [], path === '' ? field : `${path}.${field}`))
}
