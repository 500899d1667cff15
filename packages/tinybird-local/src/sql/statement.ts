import { isWord, nameOf, type Token, tokens } from './tokens.ts'

const readers = ['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS', 'FROM', 'CHECK', 'VALUES']

/** A statement with a result: where a pipe for it goes, and the format that it asks for. */
export interface ReadStatement {
  readonly kind: 'read'
  readonly format: string | null
  /** The statement with its result in a file. */
  into(pipe: string, defaultFormat: string): string
}

/** An INSERT whose rows follow in `format`. */
export interface InsertStatement {
  readonly kind: 'insert'
  readonly format: string
  /** Where the rows begin. */
  readonly dataStart: number
  from(pipe: string): string
}

export interface OtherStatement {
  readonly kind: 'other'
}

/** One statement, as far as it matters for where its rows go. Rows may follow the text of an INSERT. */
export function analyse(sql: string): ReadStatement | InsertStatement | OtherStatement {
  const iterator = tokens(sql)
  const first = iterator.next().value as Token | undefined
  if (isWord(first, 'INSERT')) return analyseInsert(sql, iterator)
  if (isWord(first, ...readers) || first?.raw === '(') return analyseRead(sql)
  return { kind: 'other' }
}

function analyseRead(sql: string): ReadStatement {
  const all = [...tokens(sql)]
  while (all.at(-1)?.raw === ';') all.pop()
  let depth = 0
  // FORMAT stands at the end, and only SETTINGS may follow it.
  let at: number | undefined
  for (let index = all.length - 1; index >= 0; index--) {
    const token = all[index]
    if (token === undefined) break
    if (token.kind === 'symbol' && ')]}'.includes(token.raw)) depth++
    else if (token.kind === 'symbol' && '([{'.includes(token.raw)) depth--
    if (depth !== 0 || !isWord(token, 'FORMAT')) continue
    const [format, after] = [all[index + 1], all[index + 2]]
    if ((format?.kind === 'word' || format?.kind === 'name') && (after === undefined || isWord(after, 'SETTINGS'))) {
      at = index
    }
    break
  }
  const end = all.at(-1)?.end ?? sql.length
  const clause = at === undefined ? undefined : all[at]
  const named = at === undefined ? undefined : all[at + 1]
  return {
    kind: 'read',
    format: named === undefined ? null : nameOf(named),
    into: (pipe, defaultFormat) =>
      clause === undefined
        ? `${sql.slice(0, end)}\nINTO OUTFILE ${pipe} APPEND FORMAT ${defaultFormat}`
        : `${sql.slice(0, clause.start)}\nINTO OUTFILE ${pipe} APPEND ${sql.slice(clause.start, end)}`,
  }
}

function analyseInsert(sql: string, rest: Iterator<Token>): InsertStatement | OtherStatement {
  let depth = 0
  for (let token = rest.next(); token.done !== true; token = rest.next()) {
    const { value } = token
    if (value.raw === '(') depth++
    else if (value.raw === ')') depth--
    if (depth !== 0) continue
    if (isWord(value, 'SELECT', 'WITH', 'WATCH')) return { kind: 'other' }
    if (isWord(value, 'VALUES')) {
      return {
        kind: 'insert',
        format: 'Values',
        dataStart: value.end,
        from: (pipe) => `${sql.slice(0, value.start)} FROM INFILE ${pipe} COMPRESSION 'none' FORMAT Values`,
      }
    }
    if (!isWord(value, 'FORMAT')) continue
    const named = rest.next().value as Token | undefined
    if (named === undefined || (named.kind !== 'word' && named.kind !== 'name')) return { kind: 'other' }
    return {
      kind: 'insert',
      format: nameOf(named),
      dataStart: startOfData(sql, named.end),
      from: (pipe) => insertFrom(sql, value.start, nameOf(named), pipe),
    }
  }
  return { kind: 'other' }
}

/** SETTINGS stand before FORMAT, and after the file. */
function insertFrom(sql: string, end: number, format: string, pipe: string): string {
  const head = [...tokens(sql.slice(0, end))]
  const settings = head.find((token) => isWord(token, 'SETTINGS'))
  const [target, extra] =
    settings === undefined ? [sql.slice(0, end), ''] : [sql.slice(0, settings.start), sql.slice(settings.start, end)]
  return `${target} FROM INFILE ${pipe} COMPRESSION 'none' ${extra} FORMAT ${format}`
}

/** The rows begin in the next line, or after the blank when the line goes on. */
function startOfData(sql: string, end: number): number {
  return end + (/^[ \t\f]*(?:;?\r?\n)?/.exec(sql.slice(end))?.[0].length ?? 0)
}
