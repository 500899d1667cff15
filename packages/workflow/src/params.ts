import { ConfigError, closestName } from '@millrace/core'
import { z } from 'zod'
import type { Json, JsonSchema } from './json.ts'
import { toJson } from './json-value.ts'
import { withinMs } from './within-ms.ts'

/** What parameters are resolved by: a manifest, or a workflow. */
export interface HasParams {
  readonly name: string
  readonly params: JsonSchema | z.ZodObject | null
}

/**
 * The parameters of a run: what was given, checked, with defaults for what was not. A workflow without a schema takes any.
 *
 * @throws ConfigError `PARAM_UNKNOWN`, `PARAM_INVALID`; with several faults `PARAMS_INVALID`, naming them all;
 * `PARAMS_CHECK_TOO_SLOW` when a regular expression of the schema never comes to an end
 */
export function resolveParams(
  workflow: HasParams,
  given: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, Json>> {
  const { name, params } = workflow
  if (params === null) return jsonOf(name, given)
  const { schema, takesOthers, hasPatterns } = checkerOf(name, params)
  const known = Object.keys(schema.shape)
  const faults: Fault[] = Object.keys(given)
    .filter((param) => !takesOthers && !known.includes(param))
    .map((param) => unknownParam(name, param, known))
  const check = () => schema.safeParse(given)
  const parsed = hasPatterns ? withinMs(longestCheckMs, check) : check()
  if (parsed === undefined) throw tooSlow(name)
  if (!parsed.success) faults.push(...faultsOf(name, parsed.error, given))
  if (faults.length > 0) throw paramsError(name, faults)
  return jsonOf(name, parsed.data ?? {})
}

/** JSON Schema of what may be given: the form of the trigger. */
export function paramsSchema(params: z.ZodObject): JsonSchema {
  const schema = z.toJSONSchema(params, {
    io: 'input',
    // A format says more in a form than the expression it stands for.
    override: ({ jsonSchema }) => {
      if (checkedFormats.has(jsonSchema.format)) delete jsonSchema.pattern
    },
  })
  return JSON.parse(JSON.stringify(schema))
}

export function isZodObject(value: unknown): value is z.ZodObject {
  return typeof value === 'object' && value !== null && '_zod' in value && 'shape' in value
}

/** Formats that are checked by their name when parameters are resolved. */
const checkedFormats: ReadonlySet<unknown> = new Set(['date', 'date-time', 'duration', 'email', 'ipv4', 'uri', 'uuid'])

interface Checker {
  readonly schema: z.ZodObject
  readonly takesOthers: boolean
  /** Regular expressions, which may take longer than anybody can wait: a server checks what others send. */
  readonly hasPatterns: boolean
}

/** A server does nothing else meanwhile; a busy machine may need some of it for nothing. */
const longestCheckMs = 1000

const checkers = new WeakMap<object, Checker>()

/** By the JSON Schema in either case, so that a workflow takes in one process what it takes under an engine. */
function checkerOf(workflow: string, params: JsonSchema | z.ZodObject): Checker {
  const before = checkers.get(params)
  if (before !== undefined) return before
  const json = isZodObject(params) ? paramsSchema(params) : params
  const { additionalProperties = false } = json
  const checker = {
    schema: fromSchema(workflow, json),
    takesOthers: additionalProperties !== false,
    hasPatterns: JSON.stringify(json).includes('"pattern'),
  }
  checkers.set(params, checker)
  return checker
}

interface Fault {
  readonly code: string
  readonly param: string
  readonly message: string
}

function fromSchema(workflow: string, schema: JsonSchema): z.ZodObject {
  const read = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
  if (isZodObject(read)) return read
  throw new ConfigError('PARAMS_SCHEMA_INVALID', {
    message: `The parameters of workflow "${workflow}" are not described by an object. Build the workflow again.`,
  })
}

function tooSlow(workflow: string): ConfigError {
  return new ConfigError('PARAMS_CHECK_TOO_SLOW', {
    message: `The parameters of workflow "${workflow}" could not be checked within ${longestCheckMs} ms: a pattern in their schema has too many ways to match the given text. Write the pattern without a repetition inside a repetition, such as (a+)+, and build and deploy the workflow again.`,
  })
}

function unknownParam(workflow: string, param: string, known: readonly string[]): Fault {
  const nearest = closestName(param, known)
  const hint = nearest
    ? `Did you mean "${nearest}"?`
    : known.length === 0
      ? 'It takes none.'
      : `It takes: ${known.join(', ')}.`
  return { code: 'PARAM_UNKNOWN', param, message: `Workflow "${workflow}" has no parameter "${param}". ${hint}` }
}

/** One fault for each place: a format is reported by its expression a second time. */
function faultsOf(workflow: string, error: z.ZodError, given: Readonly<Record<string, unknown>>): readonly Fault[] {
  const byPath = new Map<string, Fault>()
  for (const issue of error.issues) {
    const param = issue.path.map(String).join('.')
    if (issue.code === 'unrecognized_keys' && param === '') continue
    if (byPath.has(param)) continue
    const missing = issue.path.length === 1 && !Object.hasOwn(given, param)
    const message = missing
      ? `Workflow "${workflow}" needs parameter "${param}"${issue.code === 'invalid_type' ? ` (${issue.expected})` : ''}.`
      : `Parameter "${param}" of workflow "${workflow}" does not fit: ${lowerFirst(issue.message)}.`
    byPath.set(param, { code: 'PARAM_INVALID', param, message })
  }
  return [...byPath.values()]
}

function paramsError(workflow: string, faults: readonly Fault[]): ConfigError {
  const [first] = faults
  const code = faults.length === 1 && first ? first.code : 'PARAMS_INVALID'
  return new ConfigError(code, {
    message: faults.map(({ message }) => message).join('\n'),
    details: { workflow, params: faults.map(({ param, code }) => ({ param, code })) },
  })
}

function jsonOf(workflow: string, values: unknown): Readonly<Record<string, Json>> {
  return toJson(values, `What is given to workflow "${workflow}"`).value as Readonly<Record<string, Json>>
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1).replace(/\.$/, '')}`
}
