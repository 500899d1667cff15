import type { DuckDBConnection } from '@duckdb/node-api'
import { fieldOf } from './bigquery-wire.ts'

/** A table as the API describes it; null when there is none of that name. */
export async function tableResource(
  main: DuckDBConnection,
  project: string,
  dataset: string,
  table: string,
): Promise<unknown> {
  const facts = await main.runAndReadAll(
    `SELECT column_name, is_nullable FROM duckdb_columns() WHERE schema_name = $1 AND table_name = $2`,
    [dataset, table],
  )
  if (facts.currentRowCount === 0) return null
  const required = new Set(
    facts
      .getRows()
      .filter(([, nullable]) => nullable === false)
      .map(([name]) => name),
  )
  const from = `"${dataset.replaceAll('"', '""')}"."${table.replaceAll('"', '""')}"`
  const prepared = await main.prepare(`SELECT * FROM ${from}`)
  const fields = Array.from({ length: prepared.columnCount }, (_, index) =>
    fieldOf(prepared.columnName(index), prepared.columnType(index)),
  )
  const views = await main.runAndReadAll('SELECT 1 FROM duckdb_views() WHERE schema_name = $1 AND view_name = $2', [
    dataset,
    table,
  ])
  const keys = await main.runAndReadAll(
    `SELECT unnest(constraint_column_names) FROM duckdb_constraints() WHERE schema_name = $1 AND table_name = $2 AND constraint_type = 'PRIMARY KEY'`,
    [dataset, table],
  )
  const rows = (await main.runAndReadAll(`SELECT count(*) FROM ${from}`)).getRows()[0]?.[0]
  return {
    tableReference: { projectId: project, datasetId: dataset, tableId: table },
    type: views.currentRowCount > 0 ? 'VIEW' : 'TABLE',
    schema: { fields: fields.map((field) => (required.has(field.name) ? { ...field, mode: 'REQUIRED' } : field)) },
    numRows: String(rows),
    numBytes: String(Number(rows) * 100),
    ...(keys.currentRowCount > 0
      ? { tableConstraints: { primaryKey: { columns: keys.getRows().map(([name]) => String(name)) } } }
      : {}),
  }
}

export async function datasetNames(main: DuckDBConnection): Promise<string[]> {
  return await names(
    main,
    `SELECT schema_name FROM duckdb_schemas() WHERE NOT internal AND schema_name NOT IN ('_history', 'main') ORDER BY schema_name DESC`,
  )
}

export async function tableNames(main: DuckDBConnection, dataset: string): Promise<string[]> {
  return await names(
    main,
    'SELECT DISTINCT table_name FROM duckdb_columns() WHERE schema_name = $1 ORDER BY table_name DESC',
    [dataset],
  )
}

async function names(main: DuckDBConnection, sql: string, values: readonly string[] = []): Promise<string[]> {
  return (await main.runAndReadAll(sql, [...values])).getRows().map(([name]) => String(name))
}
