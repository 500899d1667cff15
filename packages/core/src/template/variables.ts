import { ConfigError, isMillraceError } from '../errors.ts'
import { localDate, localDateTime, parseLocal } from '../schedule/local-time.ts'
import { hasTags, renderDeep } from './render-deep.ts'
import { parseTemplate, type TemplateContext } from './template.ts'

export const variableTypes = ['plain', 'DATETIME', 'DATE', 'JSON', 'number', 'boolean'] as const

export type VariableType = (typeof variableTypes)[number]

export interface Variable {
  readonly name: string
  /** A text may be a template. */
  readonly value: unknown
  /**
   * What the rendered value has to be. `DATETIME` and `DATE` become ISO 8601 text in the time zone of the workflow,
   * `JSON` what the text says. Default `plain`: as it is.
   */
  readonly type?: VariableType
}

/** What variables may not be called: these names are always those of the run. */
const reserved = ['params', 'run_id', 'job_run_conf', 'var']

/**
 * The names that a template wants and does not set itself, and the `x` of `var('x')`, sorted.
 *
 * @throws ConfigError `TEMPLATE_INVALID`
 */
export function extractVariables(text: string): readonly string[] {
  return parseTemplate(text).variables
}

/** Both lists in order, where a variable of the job stands in the place of the one with its name. */
export function mergeVariables(variables: readonly Variable[], jobVariables: readonly Variable[]): readonly Variable[] {
  return [...new Map([...variables, ...jobVariables].map((variable) => [variable.name, variable])).values()]
}

/**
 * Renders variables one after the other; each sees those before it, by its name and by `var`. A template that
 * cannot be read or filled in stays as it is written.
 *
 * @param timezone Of `DATETIME` and `DATE`. Default `UTC`.
 * @throws ConfigError `VARIABLE_INVALID`: a value that is not of its type, an unknown type, or a reserved name
 */
export function renderVariables(
  variables: readonly Variable[],
  context: TemplateContext,
  timezone = 'UTC',
): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {}
  for (const variable of variables) {
    if (reserved.includes(variable.name)) {
      throw invalid(variable, 'has a name that is taken by the run; call it something else')
    }
    const rendered = renderOrKeep(variable.value, withVariables(context, values))
    // Not an assignment, which would do nothing for a variable called __proto__.
    Object.defineProperty(values, variable.name, {
      value: typed(variable, rendered, timezone),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return values
}

/** The context with variables by their names, and `var(name, default)`, which reaches all names. */
export function withVariables(context: TemplateContext, values: Readonly<Record<string, unknown>>): TemplateContext {
  const names: TemplateContext = { ...context, ...values }
  return {
    ...names,
    var(name: unknown, ...rest: readonly unknown[]) {
      if (typeof name === 'string' && name !== 'var' && Object.hasOwn(names, name)) return names[name]
      if (rest.length > 0) return namedDefault(rest[0])
      throw new ConfigError('TEMPLATE_UNKNOWN_NAME', {
        message: `There is no variable "${name}". Declare it, or give a default: var('${name}', '…').`,
        details: { name },
      })
    },
  }
}

/** `var('x', default=1)` arrives as a map of its named arguments. */
function namedDefault(value: unknown): unknown {
  const isNamed = typeof value === 'object' && value !== null && Object.keys(value).join() === 'default'
  return isNamed ? (value as { default: unknown }).default : value
}

function renderOrKeep(value: unknown, context: TemplateContext): unknown {
  if (typeof value !== 'string' || !hasTags(value)) return value
  try {
    return renderDeep(value, context)
  } catch (error) {
    if (isMillraceError(error)) return value
    throw error
  }
}

function typed(variable: Variable, value: unknown, timezone: string): unknown {
  const { type = 'plain' } = variable
  switch (type) {
    case 'plain':
      return value
    case 'DATETIME':
    case 'DATE': {
      const instant = value instanceof Date ? value.getTime() : parseLocal(String(value), timezone)
      if (instant === null) {
        throw invalid(
          variable,
          `is a ${type} and must be like 2026-03-01 or 2026-03-01T09:30:00+01:00, not ${show(value)}`,
        )
      }
      return type === 'DATE' ? localDate(instant, timezone) : localDateTime(instant, timezone)
    }
    case 'JSON':
      if (typeof value !== 'string') return value
      try {
        return JSON.parse(value)
      } catch (cause) {
        throw invalid(variable, `is JSON and cannot be read: ${(cause as Error).message}`, cause)
      }
    case 'number': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
      if (typeof number === 'number' && Number.isFinite(number)) return number
      throw invalid(variable, `must be a number, not ${show(value)}`)
    }
    case 'boolean': {
      const boolean = { true: true, false: false }[String(value).trim().toLowerCase()]
      if (boolean !== undefined) return boolean
      throw invalid(variable, `must be true or false, not ${show(value)}`)
    }
    default:
      throw invalid(variable, `has the unknown type ${show(type)}; there are ${variableTypes.join(', ')}`)
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

function invalid(variable: Variable, problem: string, cause?: unknown): ConfigError {
  return new ConfigError('VARIABLE_INVALID', {
    message: `The variable "${variable.name}" ${problem}.`,
    details: { variable: variable.name },
    cause,
  })
}
