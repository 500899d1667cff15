export interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'symbol'
  /** As it stands in the statement, quotes included. */
  readonly raw: string
  readonly start: number
  readonly end: number
}

const pattern =
  /(?<space>\s+|--[^\n]*|#(?:!| )[^\n]*|\/\*[\s\S]*?\*\/)|(?<word>[A-Za-z_][A-Za-z0-9_]*)|(?<name>`(?:[^`\\]|\\[\s\S]|``)*`|"(?:[^"\\]|\\[\s\S]|"")*")|(?<text>'(?:[^'\\]|\\[\s\S]|'')*'|\$(?<tag>\w*)\$[\s\S]*?\$\k<tag>\$)|(?<number>\d[\w.]*)|(?<symbol>[\s\S])/y

/** The words of a ClickHouse statement, without its comments. `limit` stops early. */
export function* tokens(sql: string, limit = Number.POSITIVE_INFINITY): Generator<Token> {
  const matcher = new RegExp(pattern)
  let count = 0
  while (matcher.lastIndex < sql.length && count < limit) {
    const start = matcher.lastIndex
    const match = matcher.exec(sql)
    if (match === null) return
    const { space, word, name, text, number } = match.groups ?? {}
    if (space !== undefined) continue
    const kind =
      word !== undefined
        ? 'word'
        : name !== undefined
          ? 'name'
          : text !== undefined
            ? 'text'
            : number !== undefined
              ? 'number'
              : 'symbol'
    count++
    yield { kind, raw: match[0], start, end: matcher.lastIndex }
  }
}

export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'word' && words.includes(token.raw.toUpperCase())
}

/** What a quoted or bare name stands for. */
export function nameOf({ kind, raw }: Token): string {
  if (kind !== 'name') return raw
  const quote = raw[0] ?? ''
  return raw
    .slice(1, -1)
    .replaceAll(quote + quote, quote)
    .replace(/\\([\s\S])/g, '$1')
}
