/** A name as DuckDB, PostgreSQL and SQLite read it, whatever it holds. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A string literal: DuckDB gives backslashes no meaning in it. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
