import { ConfigError } from '@millrace/core'
import type { Column } from '@millrace/formats'
import type { Relation, RelationSchema, TableRef } from '../kit/source.ts'
import { formatTableName, parseTablePattern, type TablePattern } from '../kit/table-name.ts'
import type { Session, TextRow } from './session.ts'
import { literal, qualified } from './sql-text.ts'
import { declarationOf, isNullable, logicalType, parseDeclaration } from './types.ts'

export interface MysqlTable {
  readonly database: string
  readonly name: string
  readonly view: boolean
  readonly engine: string | null
}

export interface MysqlSchema extends RelationSchema {
  /** Null for a query. */
  readonly table: MysqlTable | null
  /** What stands behind FROM. */
  readonly from: string
}

const systemDatabases = ['information_schema', 'mysql', 'performance_schema', 'sys']
const notSystem = `table_schema NOT IN (${systemDatabases.map(literal).join(', ')})`
const notOurs = `table_name NOT LIKE '\\_millrace%'`

/** Tables and views; those of the connection's own database without a scope. */
export async function listTables(
  session: Session,
  database: string | undefined,
  patterns: readonly string[],
): Promise<TableRef[]> {
  const parsed = patterns.map(parseTablePattern)
  const everywhere = database === undefined || parsed.some((pattern) => pattern.scope !== null)
  const rows = await session.select(
    `SELECT table_schema AS db, table_name AS name FROM information_schema.tables
      WHERE ${everywhere ? notSystem : `table_schema = ${literal(database)}`} AND ${notOurs} AND table_type <> 'SEQUENCE'`,
  )
  const tables = rows.map((row) => ({ database: row.db ?? '', name: row.name ?? '' }))
  for (const pattern of parsed) {
    if (pattern.wildcard || tables.some((table) => matches(pattern, table, database))) continue
    throw notFound(session, pattern.text)
  }
  return tables
    .filter((table) => parsed.some((pattern) => matches(pattern, table, database)))
    .sort((a, b) => compare(a.database, b.database) || compare(a.name, b.name))
    .map((table) => ({ scope: table.database === database ? [] : [table.database], name: table.name }))
}

function notFound(session: Session, table: string): ConfigError {
  return new ConfigError('TABLE_NOT_FOUND', {
    message: `${session.label} has no table ${table}, or this login may not see it. A name with dots or spaces goes in double quotes.`,
  })
}

function matches(pattern: TablePattern, table: { database: string; name: string }, own: string | undefined): boolean {
  if (!pattern.name(table.name)) return false
  return pattern.scope === null ? own === undefined || table.database === own : pattern.scope(table.database)
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** The database that a table's address means. */
export function databaseOf(table: TableRef, own: string | undefined): string {
  const database = table.scope.at(-1) ?? own
  if (database !== undefined) return database
  throw new ConfigError('DATABASE_REQUIRED', {
    message: `Say in which database ${formatTableName(table)} is: name it in the address, as in mysql://host/database, or write database.table.`,
  })
}

/** Null when there is no such table, or this login may not see it. */
export async function findTable(
  session: Session,
  table: TableRef,
  own: string | undefined,
): Promise<(MysqlTable & { readonly rows: number | null; readonly bytes: number | null }) | null> {
  const database = databaseOf(table, own)
  const rows = await session.select(
    `SELECT table_name AS name, table_type AS type, engine AS engine, table_rows AS approximate,
            data_length AS size FROM information_schema.tables
      WHERE table_schema = ${literal(database)} AND table_name = ${literal(table.name)}`,
  )
  // Names may compare without case; the one that is written the same way is meant.
  const row = rows.find((candidate) => candidate.name === table.name) ?? rows[0]
  if (!row) return null
  const number = (text: string | null | undefined) => (text === null || text === undefined ? null : Number(text))
  return {
    database,
    name: row.name ?? table.name,
    view: /VIEW$/i.test(row.type ?? ''),
    engine: row.engine ?? null,
    rows: number(row.approximate),
    bytes: number(row.size),
  }
}

export async function describeTable(session: Session, ref: TableRef, own: string | undefined): Promise<MysqlSchema> {
  const table = await findTable(session, ref, own)
  if (table === null) {
    throw notFound(session, formatTableName(ref))
  }
  const from = qualified(table.database, table.name)
  const where = `table_schema = ${literal(table.database)} AND table_name = ${literal(table.name)}`
  const declared = await session.select(
    `SELECT column_name AS name, column_type AS type, is_nullable AS nullable, collation_name AS collation
       FROM information_schema.columns WHERE ${where} AND BINARY table_name = BINARY ${literal(table.name)} ORDER BY ordinal_position`,
  )
  // MariaDB keeps a JSON column as text; only the protocol says that it is one.
  const fields = await session.fields(`SELECT * FROM ${from} LIMIT 0`)
  const json = new Set(fields.filter((field) => field.extendedFormat === 'json').map((field) => field.name))
  const keys = await session.select(
    `SELECT column_name AS name FROM information_schema.statistics
      WHERE ${where} AND index_name = 'PRIMARY' ORDER BY seq_in_index`,
  )
  const { database, name, view, engine } = table
  return {
    columns: declared.map((row) => columnOf(row, json)),
    primaryKey: keys.map((key) => key.name ?? ''),
    estimatedRows: table.rows,
    estimatedBytes: table.bytes,
    table: { database, name, view, engine },
    from,
  }
}

function columnOf(row: TextRow, json: ReadonlySet<string>): Column {
  const name = row.name ?? ''
  const collation = row.collation ? ` collate ${row.collation}` : ''
  const sourceType = json.has(name) ? 'json' : `${row.type ?? ''}${/^json\b/i.test(row.type ?? '') ? '' : collation}`
  return { name, type: logicalType(parseDeclaration(sourceType)), nullable: row.nullable !== 'NO', sourceType }
}

/** A query as a table of its own; a trailing semicolon or comment does not swallow the parenthesis. */
export function queryAsTable(sql: string): string {
  return `(${trimQuery(sql)}\n) AS \`q\``
}

export function trimQuery(sql: string): string {
  return sql.replace(/[\s;]+$/, '')
}

export async function describeQuery(session: Session, sql: string): Promise<MysqlSchema> {
  const from = queryAsTable(sql)
  const fields = await session.fields(`SELECT * FROM ${from} LIMIT 0`)
  const columns = fields.map((field) => {
    const sourceType = declarationOf(field)
    return {
      name: field.name,
      type: logicalType(parseDeclaration(sourceType)),
      nullable: isNullable(field),
      sourceType,
    }
  })
  return { columns, primaryKey: [], estimatedRows: null, estimatedBytes: null, table: null, from }
}

export function describe(session: Session, relation: Relation, own: string | undefined): Promise<MysqlSchema> {
  return relation.kind === 'query' ? describeQuery(session, relation.sql) : describeTable(session, relation.table, own)
}
