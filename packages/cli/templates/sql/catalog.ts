import type { DatabaseSync } from 'node:sqlite'
import {
  formatTableName,
  quoteName,
  type Relation,
  type RowRelation,
  refuseDuplicateColumns,
  selectTables,
  type TableRef,
  trimQuery,
} from '@millrace/connectors/kit'
import { ConfigError } from '@millrace/core'
import type { Column, LogicalType } from '@millrace/formats'

export function listTables(database: DatabaseSync, patterns: readonly string[]): TableRef[] {
  const rows = database.prepare(`SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name`).all()
  return selectTables(
    rows.map(({ name }) => ({ scope: [], name: String(name) })),
    patterns,
  )
}

export function describeRelation(database: DatabaseSync, relation: Relation): RowRelation {
  if (relation.kind === 'query') {
    const from = `(${trimQuery(relation.sql)}) AS q`
    let columns: Column[]
    try {
      columns = database
        .prepare(`SELECT * FROM ${from}`)
        .columns()
        .map(({ name, type }) => column(name, type ?? '', true))
    } catch (cause) {
      throw new ConfigError('STATEMENT_FAILED', { message: `Acme cannot run this query: ${String(cause)}.`, cause })
    }
    refuseDuplicateColumns(columns)
    return { columns, primaryKey: [], estimatedRows: null, estimatedBytes: null, from }
  }
  const { name } = relation.table
  const rows = database.prepare('SELECT name, type, "notnull", pk FROM pragma_table_info(?)').all(name)
  if (rows.length === 0) {
    throw new ConfigError('TABLE_NOT_FOUND', {
      message: `There is no table ${formatTableName(relation.table)}. Check the name and its case.`,
    })
  }
  return {
    columns: rows.map((row) => column(String(row.name), String(row.type), row.notnull === 0)),
    primaryKey: rows.filter(({ pk }) => pk !== 0).map((row) => String(row.name)),
    estimatedRows: null,
    estimatedBytes: null,
    from: quoteName(name),
  }
}

function column(name: string, sourceType: string, nullable: boolean): Column {
  return { name, type: logicalType(sourceType), nullable, sourceType }
}

/** Map every type of the system to the one that keeps all of its values; whatever has none is text. */
function logicalType(sourceType: string): LogicalType {
  if (/int/i.test(sourceType)) return { kind: 'integer', bits: 64, unsigned: false }
  if (/real|floa|doub/i.test(sourceType)) return { kind: 'float', bits: 64 }
  return /blob/i.test(sourceType) ? { kind: 'binary' } : { kind: 'text' }
}
