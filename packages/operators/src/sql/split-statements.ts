import type { Dialect } from './dialect.ts'
import { tokens } from './tokens.ts'

export interface Statement {
  /** Without the semicolon and the space around it; comments stay. */
  readonly text: string
  /** Line of the script on which it begins, from 1. */
  readonly line: number
  /** First word in lower case: `select`, `insert`. */
  readonly verb: string
}

/** Semicolons inside belong to it: a body of statements between `begin` and `end`. */
const compound = /^create\s[\s\S]*?\b(?:trigger|procedure|function|event)\b/i

/** The statements of a script. Parts that hold nothing but comments are left out. */
export function splitStatements(sql: string, dialect: Dialect): Statement[] {
  const statements: Statement[] = []
  let start = 0
  let code = ''
  let depth = 0
  const finish = (end: number) => {
    const words = code.trim()
    if (words !== '') {
      const lead = /^\s*/.exec(sql.slice(start, end))?.[0].length ?? 0
      statements.push({
        text: sql.slice(start, end).trim(),
        line: sql.slice(0, start + lead).split('\n').length,
        verb: /^\(*\s*([a-z]+)/i.exec(words)?.[1]?.toLowerCase() ?? '',
      })
    }
    start = end + 1
    code = ''
    depth = 0
  }
  for (const token of tokens(sql, dialect)) {
    if (token.kind !== 'code') {
      code += token.kind === 'quoted' ? ' q ' : ' '
      continue
    }
    const text = sql.slice(token.start, token.end)
    for (const match of text.matchAll(/;|[A-Za-z_]\w*|[^;A-Za-z_]+/g)) {
      const part = match[0]
      if (part !== ';') {
        depth += step(part, text.slice(match.index + part.length), code)
        code += part
      } else if (depth > 0) code += part
      else finish(token.start + match.index)
    }
  }
  finish(sql.length)
  return statements
}

/** How a word changes the nesting of blocks, inside a statement that has a body. */
function step(word: string, rest: string, before: string): number {
  if (!/^(begin|case|end)$/i.test(word) || !compound.test(before.trimStart())) return 0
  if (/^end$/i.test(word)) return /^\s+(if|loop|while|repeat|for)\b/i.test(rest) ? 0 : -1
  // `end case` closes what its `case` opened.
  if (/^case$/i.test(word)) return /\bend\s+$/i.test(before) ? 0 : 1
  return /^\s+tran/i.test(rest) ? 0 : 1
}
