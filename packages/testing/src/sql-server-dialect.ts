/** What SQL Server says of a statement that it cannot run. */
export class SqlServerError extends Error {
  readonly number: number

  constructor(number: number, message: string) {
    super(message)
    this.number = number
  }
}

const passed = /N?'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|"(?:[^"]|"")*"/g

/** Rewrites what stands outside of texts and names, which `each` turns by themselves. */
function outside(sql: string, each: (token: string) => string, rest: (text: string) => string): string {
  let out = ''
  let at = 0
  for (const match of sql.matchAll(passed)) {
    out += rest(sql.slice(at, match.index)) + each(match[0])
    at = match.index + match[0].length
  }
  return out + rest(sql.slice(at))
}

/**
 * Transact-SQL in the words of SQLite, as far as the connector and its tests go: names in brackets, `N'…'`,
 * TOP, CONVERT, GENERATE_SERIES, REPLICATE, COUNT_BIG. Everything else is left as it is.
 */
export function toSqlite(sql: string): string {
  const names = outside(
    sql,
    (token) => {
      if (token.startsWith('[')) return `"${token.slice(1, -1).replaceAll(']]', ']').replaceAll('"', '""')}"`
      return token.replace(/^N'/, "'")
    },
    (text) => text,
  )
  const words = outside(
    names.replace(/"dbo"\./g, '').replace(/\bdbo\./g, ''),
    (token) => token,
    (text) =>
      text
        .replace(/\bcount_big\s*\(/gi, 'count(')
        .replace(/\bgenerate_series\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)/gi, series)
        .replace(/\btruncate\s+table\b/gi, 'delete from'),
  )
  return withLimit(words.replace(/\bcast\s*\(([^()]+?)\s+as\s+int\s*\)/gi, 'to_int($1)'))
}

const series = (_: string, first: string, last: string) =>
  `(WITH RECURSIVE s(value) AS (SELECT ${first} UNION ALL SELECT value + 1 FROM s WHERE value < ${last}) SELECT value FROM s)`

/** TOP stands in front of the list of its SELECT, LIMIT at the end: of the statement, or before the parenthesis that closes it. */
function withLimit(sql: string): string {
  const top = /\bSELECT\s+TOP\s*\((\d+)\)/i.exec(sql)
  if (!top) return sql
  const start = top.index + top[0].length
  let end = start
  for (let depth = 0; end < sql.length; end++) {
    if (sql[end] === '(') depth++
    else if (sql[end] === ')' && depth-- === 0) break
  }
  return withLimit(`${sql.slice(0, top.index)}SELECT${sql.slice(start, end)} LIMIT ${top[1]} ${sql.slice(end)}`)
}

/** The text of the first `N'…'` of a statement. */
export function firstText(sql: string): string {
  return (/N'((?:[^']|'')*)'/.exec(sql)?.[1] ?? '').replaceAll("''", "'")
}

/** SQL Server's number and words for an error of SQLite. */
export function sqlServerError(error: unknown): SqlServerError {
  if (error instanceof SqlServerError) return error
  const message = error instanceof Error ? error.message : String(error)
  const table = /no such table: (\S+)/.exec(message)?.[1]
  if (table) return new SqlServerError(208, `Invalid object name '${table}'.`)
  const column = /no such column: (\S+)/.exec(message)?.[1]
  if (column) return new SqlServerError(207, `Invalid column name '${column}'.`)
  if (/syntax error|incomplete input/.test(message)) return new SqlServerError(102, `Incorrect syntax: ${message}.`)
  return new SqlServerError(50000, message)
}
