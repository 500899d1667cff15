import { ConfigError } from '@millrace/core'
import type { TableRef } from './source.ts'
import { matchesPattern, parseTablePattern } from './table-name.ts'

/**
 * The tables that match any of the patterns, in their given order.
 *
 * @throws ConfigError `TABLE_NOT_FOUND` when a pattern without wildcards names none
 */
export function selectTables(tables: readonly TableRef[], patterns: readonly string[]): TableRef[] {
  const parsed = patterns.map(parseTablePattern)
  for (const pattern of parsed) {
    if (pattern.wildcard || tables.some((table) => matchesPattern(pattern, table))) continue
    throw new ConfigError('TABLE_NOT_FOUND', {
      message: `There is no table ${pattern.text}. "millrace connectors discover" lists what there is; a name with upper case, dots or spaces goes in double quotes.`,
      details: { table: pattern.text },
    })
  }
  return tables.filter((table) => parsed.some((pattern) => matchesPattern(pattern, table)))
}
