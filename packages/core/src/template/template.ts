import { Template as Jinja } from '@huggingface/jinja'
import { closestName } from '../closest-name.ts'
import { ConfigError, isMillraceError } from '../errors.ts'
import { renderWithinBounds } from './bounded-interpreter.ts'
import { namesIn, type SyntaxNode } from './template-names.ts'

/**
 * What a template can reach: plain data, copied for it, and the functions that stand here by name. A function gets and
 * gives plain data. Prototypes, methods and functions inside of data are out of reach.
 */
export type TemplateContext = Readonly<Record<string, unknown>>

export interface Template {
  /** Top-level names that the text needs from its context, sorted. */
  readonly names: readonly string[]
  /** All that a person has to give: undeclared names, also those with a default, and the `x` of `var('x')`; sorted. */
  readonly variables: readonly string[]
  /**
   * @throws ConfigError `TEMPLATE_UNKNOWN_NAME` for a name that the context lacks, unless the text asks
   *   whether it `is defined` or gives it a `default`; `TEMPLATE_FAILED` for anything else, also for too much work
   */
  render(context: TemplateContext): string
}

/**
 * Reads a Jinja2 template: expressions, filters, `if`, `for`, `set`, macros. It is interpreted; no code
 * is made of it. The line break after a block and the blanks before it on its line are left out
 * (`trim_blocks`, `lstrip_blocks`). `what` names the text in messages.
 *
 * @throws ConfigError `TEMPLATE_INVALID`
 */
export function parseTemplate(text: string, what = 'The template'): Template {
  let jinja: Jinja
  try {
    jinja = new Jinja(text)
  } catch (error) {
    throw new ConfigError('TEMPLATE_INVALID', {
      message: `${what} cannot be read: ${reason(error)}. Write {{ name }} for a value and {% if … %}…{% endif %} for a condition.`,
    })
  }
  const { required, used, variables } = namesIn(jinja.parsed as unknown as SyntaxNode)
  return {
    names: required,
    variables: [...new Set([...used.filter((name) => name !== 'var'), ...variables])].sort(),
    render(context) {
      const unknown = required.find((name) => !Object.hasOwn(context, name))
      if (unknown !== undefined) throw unknownName(what, unknown, Object.keys(context).sort())
      try {
        return renderWithinBounds(jinja.parsed, reachable(context))
      } catch (error) {
        if (isMillraceError(error)) throw error
        throw new ConfigError('TEMPLATE_FAILED', { message: `${what} cannot be filled in: ${reason(error)}.` })
      }
    },
  }
}

function reachable(context: TemplateContext): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(context).map(([name, value]) => [
      name,
      typeof value === 'function' ? (...args: unknown[]) => dataOf(value(...args.map(argumentOf))) : dataOf(value),
    ]),
  )
}

function dataOf(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(dataOf)
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, dataOf(entry)]))
}

/** The interpreter hands over the content of its values: of lists and maps, its values again; named arguments as a map. */
function argumentOf(content: unknown): unknown {
  if (Array.isArray(content)) return content.map((item) => argumentOf(item.value))
  if (content instanceof Map) {
    return Object.fromEntries([...content].map(([name, item]) => [name, argumentOf(item.value)]))
  }
  return typeof content === 'function' ? undefined : content
}

function unknownName(what: string, name: string, known: readonly string[]): ConfigError {
  const nearest = closestName(name, known)
  return new ConfigError('TEMPLATE_UNKNOWN_NAME', {
    message: `${what} names "${name}", which is not given.${nearest ? ` Did you mean "${nearest}"?` : ''} Given are: ${known.join(', ') || 'no values'}.`,
    details: { name, known },
  })
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}
