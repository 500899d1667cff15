import type { DuckDBConnection } from '@duckdb/node-api'
import { selectTables } from '../kit/select-tables.ts'
import type { TableRef } from '../kit/source.ts'
import { quoteText } from '../kit/sql-quote.ts'
import { tableAddress } from './relation.ts'
import { textRows } from './text-rows.ts'

export interface TableFacts {
  /** Columns that are declared NOT NULL. */
  readonly required: readonly string[]
  readonly primaryKey: readonly string[]
  readonly estimatedRows: number | null
}

/** What relations a source has and how they are named in SQL. */
export interface Catalog {
  list(connection: DuckDBConnection, patterns: readonly string[]): Promise<TableRef[]>
  /** What stands after FROM. */
  address(table: TableRef): string
  facts(connection: DuckDBConnection, table: TableRef): Promise<TableFacts>
}

/** The tables and views of the database itself. `name` is the catalog's: DuckDB derives it from the file's name. */
export function databaseCatalog(name: string): Catalog {
  return {
    async list(connection, patterns) {
      const rows = await textRows(connection, listTablesQuery)
      return selectTables(
        rows.map(([schema, table]) => ({ scope: [schema ?? ''], name: table ?? '' })),
        patterns,
      )
    },
    address: (table) => tableAddress(name, table),
    async facts(connection, table) {
      const schema = quoteText(table.scope.at(-1) ?? 'main')
      const where = `database_name = current_database() AND schema_name = ${schema} AND table_name = ${quoteText(table.name)}`
      const required = await textRows(
        connection,
        `SELECT column_name FROM duckdb_columns() WHERE ${where} AND NOT is_nullable`,
      )
      const key = await textRows(
        connection,
        `SELECT unnest(constraint_column_names) FROM duckdb_constraints() WHERE ${where} AND constraint_type = 'PRIMARY KEY'`,
      )
      const size = await textRows(connection, `SELECT estimated_size::VARCHAR FROM duckdb_tables() WHERE ${where}`)
      return {
        required: required.map(([column]) => column ?? ''),
        primaryKey: key.map(([column]) => column ?? ''),
        estimatedRows: size[0]?.[0] == null ? null : Number(size[0][0]),
      }
    },
  }
}

const listTablesQuery = `
SELECT schema_name, table_name FROM duckdb_tables()
WHERE database_name = current_database() AND NOT internal AND NOT starts_with(table_name, '_millrace') AND schema_name <> '_millrace'
UNION ALL
SELECT schema_name, view_name FROM duckdb_views()
WHERE database_name = current_database() AND NOT internal AND NOT starts_with(view_name, '_millrace') AND schema_name <> '_millrace'
ORDER BY ALL`

/** DuckDB names the catalog after the file, with rules of its own. */
export async function currentCatalog(connection: DuckDBConnection): Promise<string> {
  return (await textRows(connection, 'SELECT current_database()'))[0]?.[0] ?? 'memory'
}
