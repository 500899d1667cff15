import { ConfigError } from '@millrace/core'

/** Texts, quoted names and comments; where a comment begins, another may be in it. */
const passed = /N?'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|"(?:[^"]|"")*"|--[^\n]*|\/\*|[()]/g

/**
 * A batch needs no semicolon between its statements, so what a query is has to be seen before it runs: one
 * SELECT, which calls nothing and ends no transaction. What else a statement behind it did is rolled back.
 *
 * @throws ConfigError `NOT_A_QUERY`
 */
export function refuseOthers(label: string, sql: string): void {
  const { code } = codeOf(sql)
  if (/^[\s(]*(select|with)\b/i.test(code) && !/\b(exec|execute|commit|rollback)\b/i.test(code)) return
  throw notAQuery(label)
}

/**
 * For a query that is put in parentheses: it must not close them and go on with a statement.
 *
 * @throws ConfigError `NOT_A_QUERY`
 */
export function refuseToLeaveParentheses(label: string, sql: string): void {
  refuseOthers(label, sql)
  if (codeOf(sql).lowest < 0) throw notAQuery(label)
}

/** The statement without what is text in it, and how far its parentheses fall below where they began. */
export function codeOf(sql: string): { readonly code: string; readonly lowest: number } {
  let code = ''
  let depth = 0
  let lowest = 0
  let end = 0
  const tokens = new RegExp(passed)
  for (let found = tokens.exec(sql); found !== null; found = tokens.exec(sql)) {
    const [token] = found
    code += sql.slice(end, found.index)
    end = token === '/*' ? endOfComment(sql, tokens.lastIndex) : tokens.lastIndex
    tokens.lastIndex = end
    if (token === '(') depth++
    if (token === ')') lowest = Math.min(lowest, --depth)
    code += token === '(' || token === ')' ? token : ' '
  }
  return { code: code + sql.slice(end), lowest }
}

function endOfComment(sql: string, from: number): number {
  const marks = /\/\*|\*\//g
  marks.lastIndex = from
  for (let open = 1; ; ) {
    const mark = marks.exec(sql)
    if (mark === null) return sql.length
    open += mark[0] === '/*' ? 1 : -1
    if (open === 0) return marks.lastIndex
  }
}

function notAQuery(label: string): ConfigError {
  return new ConfigError('NOT_A_QUERY', {
    message: `${label}: a query is one statement that only reads and gives rows.`,
  })
}
