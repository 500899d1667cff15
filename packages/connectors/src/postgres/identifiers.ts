import type { TableRef } from '../kit/source.ts'
import { quoteName } from '../kit/sql-quote.ts'

export const quoteLiteral = (text: string): string =>
  text.includes('\\') ? ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'` : `'${text.replaceAll("'", "''")}'`

export const quoteTable = (schema: string, name: string): string => `${quoteName(schema)}.${quoteName(name)}`

/** For messages: the name as a person writes it. */
export const showTable = (table: TableRef): string => [...table.scope, table.name].join('.')
