import { ConfigError, closestName } from '@millrace/core'
import type { z } from 'zod'
import { toJson } from './json-value.ts'
import type { ParamSource } from './manifest.ts'
import type { GroupOptions } from './node-options.ts'
import type { Workflow } from './workflow.ts'

export type InlineOptions<ChildParams, Params> = GroupOptions & {
  /** Id of the group. Default: the workflow's name. */
  readonly id?: string
  /** Parameters of the inner workflow: from one of the outer workflow, or a fixed value. */
  readonly params?: {
    readonly [Name in keyof ChildParams]?:
      | { readonly param: keyof Params & string }
      | { readonly value: ChildParams[Name] }
  }
}

/** Where each parameter of an inlined workflow comes from; null when it takes any, and so sees the run's own. */
export function inlinedParams(
  child: Workflow<never>,
  outer: readonly string[] | null,
  given: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, ParamSource>> | null {
  if (child.params === null) return null
  const shape = child.params.shape as Readonly<Record<string, z.ZodType>>
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(shape, name)) throw unknown(`Workflow "${child.name}"`, name, Object.keys(shape))
  }
  const sources: Record<string, ParamSource> = {}
  for (const [name, schema] of Object.entries(shape)) {
    const source = sourceOf(child.name, name, schema, outer, given[name] as ParamSource | undefined)
    if (source !== undefined) sources[name] = source
  }
  return sources
}

function sourceOf(
  workflow: string,
  name: string,
  schema: z.ZodType,
  outer: readonly string[] | null,
  given: ParamSource | undefined,
): ParamSource | undefined {
  if (given !== undefined && 'param' in given) {
    if (outer !== null && !outer.includes(given.param)) throw unknown('The outer workflow', given.param, outer)
    return { param: given.param }
  }
  if (given === undefined && outer?.includes(name)) return { param: name }
  const parsed = schema.safeParse(given?.value)
  if (!parsed.success) {
    throw given === undefined ? missing(workflow, name) : invalid(workflow, name, parsed.error)
  }
  if (parsed.data === undefined) return undefined
  return { value: toJson(parsed.data, `Parameter "${name}" of workflow "${workflow}"`).value }
}

function unknown(whose: string, name: string, known: readonly string[]): ConfigError {
  const nearest = closestName(name, known)
  return new ConfigError('PARAM_UNKNOWN', {
    message: `${whose} has no parameter "${name}".${nearest ? ` Did you mean "${nearest}"?` : ` There are: ${known.join(', ') || 'none'}.`}`,
    details: { param: name, known },
  })
}

function missing(workflow: string, name: string): ConfigError {
  return new ConfigError('PARAM_MISSING', {
    message: `Workflow "${workflow}" needs parameter "${name}", which the outer workflow does not have. Say where it comes from: addWorkflow(…, { params: { ${name}: { param: '…' } } }).`,
    details: { workflow, param: name },
  })
}

function invalid(workflow: string, name: string, error: z.ZodError): ConfigError {
  return new ConfigError('PARAM_INVALID', {
    message: `Parameter "${name}" of workflow "${workflow}" does not fit: ${error.issues[0]?.message ?? 'it is invalid'}.`,
    details: { workflow, param: name },
  })
}
