import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api'
import { ConfigError } from '@millrace/core'
import type { Target } from '../kit/sink.ts'
import type { TableRef } from '../kit/source.ts'
import { quoteName, quoteText } from '../kit/sql-quote.ts'
import { nativeColumns, tableAddress } from './relation.ts'
import { textRows } from './text-rows.ts'

/** A destination table as it is now. */
export interface TargetTable {
  readonly kind: 'table' | 'view'
  readonly columns: readonly TargetColumn[]
  readonly estimatedRows: number | null
  /** DuckDB's own CREATE TABLE statement. */
  readonly sql: string
  readonly comment: string | null
  readonly indexes: readonly { readonly name: string; readonly sql: string }[]
  /** Anything that a plain table of the same columns would not have. */
  readonly plain: boolean
}

export interface TargetColumn {
  readonly name: string
  readonly type: DuckDBType
  readonly typeText: string
  readonly nullable: boolean
  readonly hasDefault: boolean
  readonly generated: boolean
  readonly comment: string | null
}

export interface TargetPlace {
  readonly schema: string
  readonly name: string
  readonly address: string
  readonly schemaExists: boolean
  readonly table: TargetTable | null
}

export function tableOf(target: Target): TableRef {
  if (target.kind === 'table') return target.table
  throw new ConfigError('TABLE_REQUIRED', {
    message: 'A DuckDB database takes rows into a table, not into a file. Name one with --into.',
  })
}

export async function findTarget(connection: DuckDBConnection, catalog: string, target: Target): Promise<TargetPlace> {
  const table = tableOf(target)
  const schema = table.scope.at(-1) ?? 'main'
  const ref = { scope: [schema], name: table.name }
  const address = tableAddress(catalog, ref)
  const here = `database_name = ${quoteText(catalog)} AND ${sameName('schema_name', schema)}`
  const schemas = await textRows(connection, `SELECT schema_name FROM duckdb_schemas() WHERE ${here}`)
  const place = { schema, name: table.name, address, schemaExists: schemas.length > 0 }
  const own = `${here} AND ${sameName('table_name', table.name)}`
  const [found] = await textRows(
    connection,
    `SELECT estimated_size::VARCHAR, sql, comment FROM duckdb_tables() WHERE ${own}`,
  )
  if (!found) {
    const views = await textRows(
      connection,
      `SELECT view_name FROM duckdb_views() WHERE ${here} AND ${sameName('view_name', table.name)} AND NOT internal`,
    )
    if (views.length === 0) return { ...place, table: null }
    return {
      ...place,
      table: { kind: 'view', columns: [], estimatedRows: null, sql: '', comment: null, indexes: [], plain: false },
    }
  }
  const natives = await nativeColumns(connection, address)
  const facts = await textRows(
    connection,
    `SELECT column_name, is_nullable::VARCHAR, column_default, comment FROM duckdb_columns() WHERE ${own} ORDER BY column_index`,
  )
  const sql = found[1] ?? ''
  const columns = natives.map(({ name, type }) => {
    const [, nullable, fallback, comment = null] = facts.find(([column]) => column === name) ?? []
    return {
      name,
      type,
      typeText: type.alias ?? type.toString(),
      nullable: nullable !== 'false',
      hasDefault: fallback != null,
      generated: isGenerated(sql, name),
      comment,
    }
  })
  const indexes = await textRows(
    connection,
    `SELECT index_name, sql FROM duckdb_indexes() WHERE ${own} AND sql IS NOT NULL`,
  )
  const constraints = await textRows(
    connection,
    `SELECT constraint_type FROM duckdb_constraints() WHERE ${own} AND constraint_type <> 'NOT NULL'`,
  )
  const comment = found[2] ?? null
  return {
    ...place,
    table: {
      kind: 'table',
      columns,
      estimatedRows: found[0] == null ? null : Number(found[0]),
      sql,
      comment,
      indexes: indexes.map(([name, text]) => ({ name: name ?? '', sql: text ?? '' })),
      plain:
        indexes.length === 0 &&
        constraints.length === 0 &&
        comment === null &&
        columns.every((column) => !column.hasDefault && !column.generated && column.comment === null),
    },
  }
}

/** DuckDB finds `Orders` under the name of `orders`, but folds the letters of ASCII only. */
function sameName(column: string, name: string): string {
  const folded = name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
  return `translate(${column}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = ${quoteText(folded)}`
}

/** The catalogue tells a generated column from one with a default only in the statement's text. */
function isGenerated(sql: string, name: string): boolean {
  const quoted = quoteName(name)
  return [name, quoted].some((form) => {
    for (let at = sql.indexOf(`${form} `); at >= 0; at = sql.indexOf(`${form} `, at + 1)) {
      if (/[(\s,]/.test(sql[at - 1] ?? '') && /^[^,]*? GENERATED ALWAYS AS/.test(sql.slice(at + form.length)))
        return true
    }
    return false
  })
}
