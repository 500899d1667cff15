/** What a system's SQL has of its own, as far as taking a script apart and quoting values needs it. */
export interface Dialect {
  /** How a name is quoted. */
  readonly nameQuote: '"' | '`' | '['
  /** A backslash in a string escapes what follows. */
  readonly backslash: boolean
  /** Double quotes hold a string, not a name. */
  readonly doubleQuotedStrings: boolean
  readonly backtickNames: boolean
  readonly bracketNames: boolean
  readonly dollarQuotes: boolean
  /** `e'…'` holds a string with backslash escapes. */
  readonly escapeStrings: boolean
  readonly hashComments: boolean
  /** `--` begins a comment only before white space. */
  readonly dashNeedsSpace: boolean
  readonly nestedComments: boolean
  /** `"""…"""` holds a string. */
  readonly tripleQuotes: boolean
}

const standard: Dialect = {
  nameQuote: '"',
  backslash: false,
  doubleQuotedStrings: false,
  backtickNames: false,
  bracketNames: false,
  dollarQuotes: false,
  escapeStrings: false,
  hashComments: false,
  dashNeedsSpace: false,
  nestedComments: false,
  tripleQuotes: false,
}

const dialects: Readonly<Record<string, Partial<Dialect>>> = {
  postgres: { dollarQuotes: true, escapeStrings: true, nestedComments: true },
  redshift: { dollarQuotes: true, escapeStrings: true, nestedComments: true },
  duckdb: { dollarQuotes: true, escapeStrings: true, nestedComments: true },
  snowflake: { dollarQuotes: true, backslash: true },
  clickhouse: { dollarQuotes: true, backslash: true, backtickNames: true, hashComments: true, nestedComments: true },
  mysql: {
    nameQuote: '`',
    backslash: true,
    doubleQuotedStrings: true,
    backtickNames: true,
    hashComments: true,
    dashNeedsSpace: true,
  },
  bigquery: {
    nameQuote: '`',
    backslash: true,
    doubleQuotedStrings: true,
    backtickNames: true,
    hashComments: true,
    tripleQuotes: true,
  },
  sqlite: { backtickNames: true, bracketNames: true },
  mssql: { nameQuote: '[', bracketNames: true, nestedComments: true },
}

/** By the name of the connector; one that is not known is taken to speak standard SQL. */
export function dialectOf(connector: string): Dialect {
  return { ...standard, ...dialects[connector] }
}

/** A name as the dialect reads it, whatever it holds. */
export function quoteName({ nameQuote }: Dialect, name: string): string {
  const end = nameQuote === '[' ? ']' : nameQuote
  return `${nameQuote}${name.replaceAll(end, end + end)}${end}`
}

/** A value as a literal that means the same in every mode the server may be in. */
export function literal(dialect: Dialect, value: string | number | boolean | null): string {
  if (value === null) return 'null'
  if (typeof value !== 'string') return String(value)
  if (!dialect.backslash || !value.includes('\\'))
    return `'${value.replaceAll("'", dialect.tripleQuotes ? "\\'" : "''")}'`
  // MySQL may be told to give backslashes no meaning: no escape is safe in both modes, digits are.
  if (dialect.dashNeedsSpace) return `convert(0x${Buffer.from(value).toString('hex')} using utf8mb4)`
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
