import { ConfigError } from '@millrace/core'
import type { ScopeItem, SuggestedColumn } from '../kit/connector.ts'
import { suggestColumn } from '../kit/suggest-column.ts'
import { describeTable } from './catalog.ts'
import type { Session } from './session.ts'
import { literal } from './sql-text.ts'

const systemDatabases = ['information_schema', 'mysql', 'performance_schema', 'sys']

/** Databases, or the tables and views of one, sorted by name. */
export async function listScope(session: Session, parents: readonly string[]): Promise<ScopeItem[]> {
  const [database, ...deeper] = parents
  if (deeper.length > 0) {
    throw new ConfigError('SCOPE_TOO_DEEP', { message: 'A database holds tables, and tables hold no further scopes.' })
  }
  const rows =
    database === undefined
      ? await session.select(
          `SELECT schema_name AS name FROM information_schema.schemata
            WHERE schema_name NOT IN (${systemDatabases.map(literal).join(', ')})`,
        )
      : await session.select(
          `SELECT table_name AS name, table_rows AS approximate, data_length AS size FROM information_schema.tables
            WHERE table_schema = ${literal(database)} AND table_name NOT LIKE '\\_millrace%' AND table_type <> 'SEQUENCE'`,
        )
  return rows
    .map((row) => {
      const name = row.name ?? ''
      return {
        name,
        value: [...parents, name].join('.'),
        ...(row.approximate == null ? {} : { numRows: Number(row.approximate) }),
        ...(row.size == null ? {} : { size: Number(row.size) }),
      }
    })
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

/** The ClickHouse columns that keep a table's values; `scopes` are database and table, or a table of the connection's database. */
export async function suggestSchema(
  session: Session,
  scopes: readonly string[],
  own: string | undefined,
): Promise<SuggestedColumn[]> {
  const schema = await describeTable(session, { scope: scopes.slice(0, -1), name: scopes.at(-1) ?? '' }, own)
  return schema.columns.map(suggestColumn)
}
