/** A node of the syntax tree, which the library describes by classes; what is read here is in every one of them. */
export interface SyntaxNode {
  readonly type: string
  readonly [property: string]: unknown
}

export interface TemplateNames {
  /** Used and not declared in the text, and neither asked for with `is defined` nor given a `default`. */
  readonly required: readonly string[]
  /** Used and not declared in the text. */
  readonly used: readonly string[]
  /** Asked for as `var('name')`. */
  readonly variables: readonly string[]
}

const builtins = ['range', 'namespace', 'loop', 'caller', 'true', 'false', 'none', 'True', 'False', 'None']

/** Names are sorted. Scopes are not told apart: a name that is declared anywhere counts as declared everywhere. */
export function namesIn(program: SyntaxNode): TemplateNames {
  const declared = new Set(builtins)
  const required = new Set<string>()
  const optional = new Set<string>()
  const variables = new Set<string>()
  const declare = (target: unknown) => {
    for (const node of nodesOf(target)) {
      if (node.type === 'Identifier') declared.add(String(node.value))
      else if (node.type === 'TupleLiteral') declare(node.value)
    }
  }
  const walk = (value: unknown): void => {
    for (const node of nodesOf(value)) visit(node)
  }
  const walkUnless = (isProvidedFor: boolean, operand: SyntaxNode): void => {
    if (isProvidedFor && operand.type === 'Identifier') optional.add(String(operand.value))
    else walk(operand)
  }
  const visit = (node: SyntaxNode): void => {
    switch (node.type) {
      case 'Identifier':
        required.add(String(node.value))
        return
      case 'MemberExpression':
        walk(node.object)
        if (node.computed) walk(node.property)
        return
      case 'CallExpression': {
        const [first] = nodesOf(node.args)
        if ((node.callee as SyntaxNode).value === 'var' && first?.type === 'StringLiteral') {
          variables.add(String(first.value))
        }
        walk([node.callee, node.args])
        return
      }
      case 'KeywordArgumentExpression':
        walk(node.value)
        return
      case 'FilterExpression': {
        const filter = node.filter as SyntaxNode
        const name = filter.type === 'CallExpression' ? (filter.callee as SyntaxNode).value : filter.value
        walkUnless(name === 'default', node.operand as SyntaxNode)
        walk(filter.type === 'CallExpression' ? filter.args : [])
        return
      }
      case 'TestExpression': {
        const test = String((node.test as SyntaxNode).value)
        walkUnless(['defined', 'undefined'].includes(test), node.operand as SyntaxNode)
        return
      }
      case 'FilterStatement':
        walk(node.body)
        return
      case 'Set':
        if (['Identifier', 'TupleLiteral'].includes((node.assignee as SyntaxNode).type)) declare(node.assignee)
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
  const undeclared = (names: Iterable<string>) => [...new Set(names)].filter((name) => !declared.has(name)).sort()
  return {
    required: undeclared(required),
    used: undeclared([...required, ...optional]),
    variables: undeclared(variables),
  }
}

function nodesOf(value: unknown): SyntaxNode[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf)
  if (value instanceof Map) return [...value].flatMap(nodesOf)
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string'
    ? [value as SyntaxNode]
    : []
}
