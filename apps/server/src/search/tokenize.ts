import { invalid } from '@millrace/http'

/** A part of a query between white space: text, or a field with what it is compared to. */
export type Token =
  | { readonly kind: 'text'; readonly text: string; readonly isQuoted: boolean }
  | {
      readonly kind: 'field'
      /** In small letters. */
      readonly field: string
      readonly operator: ':' | '<' | '>'
      readonly values: readonly string[]
    }

/**
 * `word "two words" field:value,"other value"`. Within quotes a backslash takes the next character as it is. A text such as
 * `12:30` is no field, which begins with a letter.
 *
 * @throws HttpError 422 SEARCH_QUERY_INVALID
 */
export function tokenize(query: string): Token[] {
  const tokens: Token[] = []
  let at = 0

  const quoted = (): string => {
    const start = at
    let text = ''
    for (at++; at < query.length && query[at] !== '"'; at++) {
      if (query[at] === '\\') at++
      text += query[at] ?? ''
    }
    if (at >= query.length) {
      throw unreadable(`The quotation mark at character ${start + 1} is not closed. Add one, or take it away.`)
    }
    at++
    return text
  }

  const value = (field: string): string => {
    if (query[at] === '"') return quoted()
    const text = /[^\s,]*/y
    text.lastIndex = at
    const [found = ''] = text.exec(query) ?? []
    at += found.length
    if (found === '') {
      throw unreadable(`A value is missing in "${field}" at character ${at + 1}. Write ${field}value, or take it away.`)
    }
    return found
  }

  while (at < query.length) {
    if (/\s/.test(query[at] ?? '')) {
      at++
      continue
    }
    if (query[at] === '"') {
      tokens.push({ kind: 'text', text: quoted(), isQuoted: true })
      continue
    }
    const start = /([a-z]\w*)([:<>])/iy
    start.lastIndex = at
    const [found, field = '', operator = ':'] = start.exec(query) ?? []
    if (found === undefined) {
      const text = /[^\s"]+/y
      text.lastIndex = at
      const [word = ''] = text.exec(query) ?? []
      at += word.length
      tokens.push({ kind: 'text', text: word, isQuoted: false })
      continue
    }
    at += found.length
    const values = [value(found)]
    while (query[at] === ',') {
      at++
      values.push(value(found))
    }
    tokens.push({ kind: 'field', field: field.toLowerCase(), operator: operator as ':' | '<' | '>', values })
  }
  return tokens
}

export function unreadable(message: string) {
  return invalid('SEARCH_QUERY_INVALID', message)
}
