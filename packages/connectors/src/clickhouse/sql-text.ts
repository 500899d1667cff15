import { quoteClickhouseName as quoteName } from '../kit/clickhouse-type.ts'

export { quoteName }

/** A string literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`
}

export function qualified(database: string, table: string): string {
  return `${quoteName(database)}.${quoteName(table)}`
}

/** A query without what may follow it, in parentheses; a comment at its end needs the line break. */
export function subquery(sql: string): string {
  return `(${sql.replace(/[\s;]+$/, '')}\n)`
}
