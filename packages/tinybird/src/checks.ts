import { ConfigError } from '@millrace/core'

/**
 * The name itself when it is one: letters, digits and `_`, with a workspace before a dot where it is shared.
 *
 * @throws ConfigError TINYBIRD_NAME_INVALID
 */
export function dataSourceName(name: string): string {
  if (/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$/.test(name)) return name
  throw new ConfigError('TINYBIRD_NAME_INVALID', {
    message: `${JSON.stringify(name)} cannot be the name of a data source: use letters, digits and _, beginning with a letter.`,
  })
}

export function dataSourcePath(name: string, operation?: string): string {
  return `/v0/datasources/${encodeURIComponent(dataSourceName(name))}${operation === undefined ? '' : `/${operation}`}`
}

/**
 * The SQL condition itself when there is one: an empty one, made by a script that went wrong, would mean all rows.
 *
 * @throws ConfigError TINYBIRD_CONDITION_EMPTY
 */
export function condition(sql: string): string {
  if (sql.trim() !== '') return sql
  throw new ConfigError('TINYBIRD_CONDITION_EMPTY', {
    message: 'The condition is empty. Give a SQL condition, or none at all where all rows are meant.',
  })
}
