import type { z } from 'zod'
import { paramsSchema } from './params.ts'

/**
 * What keeps parameters from being checked by their JSON Schema alone, as engines without the code of the workflow do:
 * types that JSON lacks, and checks and changes that are functions.
 */
export function paramProblems(params: z.ZodObject): readonly string[] {
  try {
    paramsSchema(params)
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
    return [
      `Its parameters cannot be described as JSON: ${message}. Use texts, numbers, booleans, lists and objects; write dates as z.iso.date().`,
    ]
  }
  const problems: string[] = []
  const seen = new Set<object>()
  const walk = (value: unknown, path: string): void => {
    if (!isSchema(value) || seen.has(value)) return
    seen.add(value)
    const { def } = value._zod
    const what = path === '' ? 'The object of its parameters' : `Its parameter ${path}`
    const checks = (def.checks ?? []).map(({ _zod: { def } }) => def.check)
    if (checks.includes('custom')) {
      problems.push(`${what} is checked by a function, which is not there where runs are started. Check it in a task.`)
    }
    if (checks.includes('overwrite') || ['pipe', 'transform', 'catch'].includes(def.type)) {
      problems.push(`${what} is changed by a function, which is not there where runs are started. Change it in a task.`)
    }
    for (const [name, entry] of Object.entries(def.shape ?? {})) walk(entry, path === '' ? name : `${path}.${name}`)
    for (const inner of [def.innerType, def.element, def.valueType, def.left, def.right, def.rest]) walk(inner, path)
    for (const inner of [...(def.options ?? []), ...(def.items ?? [])]) walk(inner, path)
  }
  walk(params, '')
  return problems
}

/** What zod tells of a schema to tools, as far as it is looked at here. */
interface SchemaParts {
  readonly type: string
  readonly checks?: readonly { readonly _zod: { readonly def: { readonly check: string } } }[]
  readonly shape?: Readonly<Record<string, unknown>>
  readonly options?: readonly unknown[]
  readonly items?: readonly unknown[]
  readonly [part: string]: unknown
}

function isSchema(value: unknown): value is { readonly _zod: { readonly def: SchemaParts } } {
  return typeof value === 'object' && value !== null && '_zod' in value
}
