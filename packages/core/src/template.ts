import { Template as Jinja } from '@huggingface/jinja'
import { closestName } from './closest-name.ts'
import { ConfigError } from './errors.ts'

/** Plain data only: what a template reaches is what stands here, never a prototype or a method of ours. */
export type TemplateContext = Readonly<Record<string, unknown>>

export interface Template {
  /** Top-level names that the text wants from its context, sorted. */
  readonly names: readonly string[]
  /**
   * @throws ConfigError `TEMPLATE_UNKNOWN_NAME` for a name that the context lacks, unless the text asks
   *   whether it `is defined` or gives it a `default`; `TEMPLATE_FAILED` for anything else
   */
  render(context: TemplateContext): string
}

interface Node {
  readonly type: string
  readonly [property: string]: unknown
}

/**
 * Reads a Jinja2 template: expressions, filters, `if`, `for`, `set`, macros. It is interpreted; no code
 * is made of it. `what` names the text in messages.
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
  const names = wantedNames(jinja.parsed as unknown as Node)
  return {
    names,
    render(context) {
      const unknown = names.find((name) => !Object.hasOwn(context, name))
      if (unknown !== undefined) throw unknownName(what, unknown, Object.keys(context).sort())
      try {
        return jinja.render({ ...context })
      } catch (error) {
        throw new ConfigError('TEMPLATE_FAILED', { message: `${what} cannot be filled in: ${reason(error)}.` })
      }
    },
  }
}

const builtins = new Set(['range', 'namespace', 'loop', 'caller', 'true', 'false', 'none', 'True', 'False', 'None'])

/** Names that are used and neither declared in the text, nor checked or given a default where they are used. */
function wantedNames(program: Node): string[] {
  const declared = new Set(builtins)
  const used = new Set<string>()
  const declare = (target: unknown) => {
    for (const node of nodesOf(target)) {
      if (node.type === 'Identifier') declared.add(String(node.value))
      else if (node.type === 'TupleLiteral') declare(node.value)
    }
  }
  const walk = (value: unknown): void => {
    for (const node of nodesOf(value)) visit(node)
  }
  const visit = (node: Node): void => {
    switch (node.type) {
      case 'Identifier':
        used.add(String(node.value))
        return
      case 'MemberExpression':
        walk(node.object)
        if (node.computed) walk(node.property)
        return
      case 'KeywordArgumentExpression':
        walk(node.value)
        return
      case 'FilterExpression': {
        const filter = node.filter as Node
        const name = filter.type === 'CallExpression' ? (filter.callee as Node).value : filter.value
        const operand = node.operand as Node
        if (!(name === 'default' && operand.type === 'Identifier')) walk(operand)
        walk(filter.type === 'CallExpression' ? filter.args : [])
        return
      }
      case 'TestExpression': {
        const operand = node.operand as Node
        const asks = ['defined', 'undefined'].includes(String((node.test as Node).value))
        if (!(asks && operand.type === 'Identifier')) walk(operand)
        return
      }
      case 'FilterStatement':
        walk(node.body)
        return
      case 'Set':
        if ((node.assignee as Node).type === 'Identifier') declare(node.assignee)
        else walk(node.assignee)
        walk([node.value, node.body])
        return
      case 'For':
        declare(node.loopvar)
        walk([node.iterable, node.body, node.defaultBlock])
        return
      case 'Macro':
        declare(node.name)
        for (const argument of nodesOf(node.args)) declare(argument.type === 'Identifier' ? argument : argument.key)
        walk(node.body)
        return
      default:
        walk(Object.entries(node).flatMap(([name, child]) => (name === 'type' || name === 'operator' ? [] : [child])))
    }
  }
  walk(program)
  return [...used].filter((name) => !declared.has(name)).sort()
}

function nodesOf(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf)
  if (value instanceof Map) return [...value].flatMap(nodesOf)
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string' ? [value as Node] : []
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
