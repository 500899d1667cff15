import type { Schema } from '../../api/index.ts'
import type { PipelineState } from '../states.ts'
import type { Structure } from './variables-schema.ts'

export type Template = Schema<'PipelineTemplate'>

/** A template while it is edited; its configuration is text that may not be JSON yet. */
export interface TemplateValues {
  readonly name: string
  readonly description: string
  readonly state: PipelineState | null
  readonly operator: string
  readonly config: string
  readonly structures: readonly Structure[]
  readonly tags: readonly string[]
}

export const emptyTemplate: TemplateValues = {
  ...{ name: '', description: '', state: null, operator: '', config: '{}', structures: [], tags: [] },
}

export function valuesOf(template: Template): TemplateValues {
  const { name, description, state, operator, config, variable_structures, tags } = template
  return {
    ...{ name, state, operator, tags, description: description ?? '', config: JSON.stringify(config, null, 2) },
    structures: Object.entries(variable_structures).map(([variable, one], row) => ({ row, name: variable, ...one })),
  }
}

/** What is wrong with the text of a configuration. */
export function configProblem(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? undefined : 'The configuration has to be an object: { "setting": value }.'
  } catch (error) {
    return `This is no JSON: ${(error as Error).message}`
  }
}

/** As the server takes it. */
export function bodyOf({ name, description, state, operator, config, structures, tags }: TemplateValues) {
  return {
    ...{ name, state, operator, tags: [...tags], description: description === '' ? null : description },
    // The document says no more than that it is an object.
    config: JSON.parse(config) as Record<string, never>,
    variable_structures: Object.fromEntries(
      structures.map((one) => [one.name, { datatype: one.datatype, description: one.description }]),
    ),
  }
}
