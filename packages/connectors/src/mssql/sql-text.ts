/** An identifier as SQL Server reads it. */
export function quoteName(name: string): string {
  return `[${name.replaceAll(']', ']]')}]`
}

/** A string literal, of Unicode. */
export function quoteText(text: string): string {
  return `N'${text.replaceAll("'", "''")}'`
}

export function trimQuery(sql: string): string {
  return sql.replace(/[\s;]+$/, '')
}
