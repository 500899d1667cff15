import { FatalError } from '@millrace/core'

/** What a permission is made of. */
export type Expression =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'arrow'; readonly relation: string; readonly permission: string }
  | { readonly kind: 'union'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'difference'; readonly left: Expression; readonly right: Expression }

/**
 * Reads `owner + platform->is_admin - prohibited`, with parentheses, from left to right.
 *
 * @throws FatalError AUTHZ_EXPRESSION_INVALID when it is none.
 */
export function parseExpression(text: string): Expression {
  const tokens = text.match(/\w+|->|[^\s]/g) ?? []
  let at = 0

  const wrong = (expected: string) =>
    new FatalError('AUTHZ_EXPRESSION_INVALID', {
      message: `The permission "${text}" has "${tokens[at] ?? 'its end'}" where ${expected} should be. Correct it in the schema.`,
    })

  function name(): string {
    const token = tokens[at]
    if (token === undefined || !/^\w+$/.test(token)) throw wrong('a name')
    at++
    return token
  }

  function term(): Expression {
    if (tokens[at] === '(') {
      at++
      const inner = whole()
      if (tokens[at] !== ')') throw wrong('")"')
      at++
      return inner
    }
    const first = name()
    if (tokens[at] !== '->') return { kind: 'name', name: first }
    at++
    return { kind: 'arrow', relation: first, permission: name() }
  }

  function whole(): Expression {
    let left = term()
    while (tokens[at] === '+' || tokens[at] === '-') {
      const kind = tokens[at] === '+' ? 'union' : 'difference'
      at++
      left = { kind, left, right: term() }
    }
    return left
  }

  const expression = whole()
  if (at < tokens.length) throw wrong('its end')
  return expression
}
