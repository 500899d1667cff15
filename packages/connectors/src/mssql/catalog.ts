import { ConfigError } from '@millrace/core'
import type { ConnectorDefinition, ScopeItem } from '../kit/connector.ts'
import { type RowRelation, refuseDuplicateColumns } from '../kit/row-source.ts'
import { selectTables } from '../kit/select-tables.ts'
import type { Relation, TableRef } from '../kit/source.ts'
import { formatTableName } from '../kit/table-name.ts'
import { refuseToLeaveParentheses } from './one-select.ts'
import type { Session } from './session.ts'
import { quoteName, quoteText, trimQuery } from './sql-text.ts'
import { logicalType } from './types.ts'

export type SqlDefinition = ConnectorDefinition & { readonly kind: 'sql' }

/** Tables and views of users, their rows by the catalogue's count. */
const tablesQuery = `SELECT s.name AS schema_name, o.name AS table_name,
 (SELECT SUM(p.rows) FROM sys.partitions p WHERE p.object_id = o.object_id AND p.index_id IN (0, 1)) AS row_count,
 (SELECT SUM(a.total_pages) * 8192 FROM sys.partitions p JOIN sys.allocation_units a ON a.container_id = p.partition_id WHERE p.object_id = o.object_id) AS bytes
FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 ORDER BY s.name, o.name`

interface KnownTable extends TableRef {
  readonly rows: number | null
  readonly bytes: number | null
}

async function allTables(session: Session): Promise<KnownTable[]> {
  const { rows } = await session.all(tablesQuery)
  const number = (value: unknown) => (value === null || value === undefined ? null : Number(value))
  return rows.map(([schema, name, count, bytes]) => ({
    scope: [String(schema)],
    name: String(name),
    rows: number(count),
    bytes: number(bytes),
  }))
}

export async function listTables(session: Session, patterns: readonly string[]): Promise<TableRef[]> {
  const tables = (await allTables(session)).map(({ scope, name }) => ({ scope, name }))
  return selectTables(tables, patterns)
}

export async function listScope(session: Session, parents: readonly string[]): Promise<ScopeItem[]> {
  const [schema] = parents
  if (schema === undefined) {
    const { rows } = await session.all(
      "SELECT name FROM sys.schemas WHERE schema_id < 16384 AND name NOT IN ('sys', 'INFORMATION_SCHEMA', 'guest') ORDER BY name",
    )
    return rows.map(([name]) => ({ name: String(name), value: formatTableName({ scope: [], name: String(name) }) }))
  }
  const tables = (await allTables(session)).filter(({ scope }) => scope[0] === schema)
  // Sorted by code points, whatever the server's collation.
  return tables
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ scope, name, rows, bytes }) => ({
      name,
      value: formatTableName({ scope, name }),
      ...(rows === null ? {} : { numRows: rows }),
      ...(bytes === null ? {} : { size: bytes }),
    }))
}

export interface DescribedColumn {
  readonly name: string
  readonly declaration: string
  readonly nullable: boolean
}

/** The columns of a statement's result, without running it. */
export async function describeStatement(session: Session, sql: string): Promise<DescribedColumn[]> {
  const { rows } = await session.all(
    `SELECT name, system_type_name, is_nullable, error_message FROM sys.dm_exec_describe_first_result_set(${quoteText(sql)}, NULL, 0) ORDER BY column_ordinal`,
  )
  const failed = rows.find((row) => row[3] !== null && row[3] !== undefined)?.[3]
  if (failed !== undefined) {
    throw new ConfigError('STATEMENT_REFUSED', { message: `${session.label}: ${String(failed)}` })
  }
  return rows.map(([name, declaration, nullable]) => ({
    name: String(name ?? ''),
    declaration: String(declaration ?? 'nvarchar(max)'),
    nullable: nullable !== false && nullable !== 0,
  }))
}

export async function describeRelation(session: Session, relation: Relation): Promise<RowRelation> {
  let from: string
  let known: KnownTable | undefined
  let primaryKey: string[] = []
  if (relation.kind === 'query') {
    refuseToLeaveParentheses(session.label, relation.sql)
    from = `(${trimQuery(relation.sql)}\n) AS _millrace_q`
  } else {
    const { name, scope } = relation.table
    const schema = scope.at(-1) ?? 'dbo'
    known = (await allTables(session)).find((table) => table.name === name && table.scope[0] === schema)
    if (!known) {
      throw new ConfigError('TABLE_NOT_FOUND', {
        message: `${session.label} has no table ${formatTableName({ scope: [schema], name })}, or this login may not see it.`,
      })
    }
    from = `${quoteName(schema)}.${quoteName(name)}`
    const { rows } = await session.all(
      `SELECT c.name FROM sys.indexes i JOIN sys.index_columns ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id
 JOIN sys.columns c ON c.object_id = ic.object_id AND c.column_id = ic.column_id
 WHERE i.is_primary_key = 1 AND i.object_id = OBJECT_ID(${quoteText(from)}) ORDER BY ic.key_ordinal`,
    )
    primaryKey = rows.map(([column]) => String(column))
  }
  const described = await describeStatement(session, `SELECT * FROM ${from}`)
  const columns = described.map(({ name, declaration, nullable }) => ({
    name,
    type: logicalType(declaration),
    nullable,
    sourceType: declaration,
  }))
  refuseDuplicateColumns(columns)
  return { columns, from, primaryKey, estimatedRows: known?.rows ?? null, estimatedBytes: known?.bytes ?? null }
}
