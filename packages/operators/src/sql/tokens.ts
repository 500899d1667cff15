import type { Dialect } from './dialect.ts'

export interface Token {
  /** `quoted`: a string or a quoted name; `code`: anything else, with the spaces between. */
  readonly kind: 'code' | 'quoted' | 'comment'
  readonly start: number
  readonly end: number
}

const patterns = new Map<string, RegExp>()

/** Tells what a SQL text says from what only looks like it, inside strings, names and comments. What is never closed goes to the end. */
export function* tokens(sql: string, dialect: Dialect): Generator<Token> {
  const pattern = new RegExp(patternOf(dialect).source, 'g')
  let codeStart = 0
  for (let match = pattern.exec(sql); match !== null; match = pattern.exec(sql)) {
    const start = match.index
    const text = match[0]
    const isComment = /^(--|#|\/\*)/.test(text)
    const end = text === '/*' ? commentEnd(sql, start, dialect.nestedComments) : start + text.length
    if (start > codeStart) yield { kind: 'code', start: codeStart, end: start }
    yield { kind: isComment ? 'comment' : 'quoted', start, end }
    codeStart = end
    pattern.lastIndex = end
  }
  if (codeStart < sql.length) yield { kind: 'code', start: codeStart, end: sql.length }
}

function patternOf(dialect: Dialect): RegExp {
  const key = JSON.stringify(dialect)
  const known = patterns.get(key)
  if (known) return known
  const escaped = (quote: string) => `${quote}(?:[^${quote}\\\\]|\\\\[\\s\\S]|${quote}${quote})*(?:${quote}|$)`
  const plain = (quote: string) => `${quote}(?:[^${quote}]|${quote}${quote})*(?:${quote}|$)`
  const parts = [
    ...(dialect.tripleQuotes ? ['"""[\\s\\S]*?(?:"""|$)', "'''[\\s\\S]*?(?:'''|$)"] : []),
    ...(dialect.escapeStrings ? [`(?<!\\w)[eE]${escaped("'")}`] : []),
    dialect.backslash ? escaped("'") : plain("'"),
    dialect.doubleQuotedStrings || dialect.backslash ? escaped('"') : plain('"'),
    ...(dialect.backtickNames ? [plain('`')] : []),
    ...(dialect.bracketNames ? ['\\[(?:[^\\]]|\\]\\])*(?:\\]|$)'] : []),
    ...(dialect.dollarQuotes ? ['(?<!\\w)\\$([A-Za-z_]\\w*|)\\$[\\s\\S]*?(?:\\$\\1\\$|$)'] : []),
    dialect.dashNeedsSpace ? '--(?=\\s|$)[^\\n]*' : '--[^\\n]*',
    ...(dialect.hashComments ? ['#[^\\n]*'] : []),
    '/\\*',
  ]
  const made = new RegExp(parts.join('|'))
  patterns.set(key, made)
  return made
}

function commentEnd(sql: string, start: number, nested: boolean): number {
  let depth = 0
  for (let at = start; at < sql.length; at++) {
    const two = sql.slice(at, at + 2)
    if (two === '/*' && (nested || depth === 0)) {
      depth++
      at++
    } else if (two === '*/') {
      depth--
      at++
      if (depth === 0) return at + 1
    }
  }
  return sql.length
}
