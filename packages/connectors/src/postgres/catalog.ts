import { ConfigError } from '@millrace/core'
import type { RelationSchema, TableRef } from '../kit/source.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { formatTableName, matchesPattern, parseTableName, parseTablePattern } from '../kit/table-name.ts'
import type { Session } from './session.ts'
import { type PgColumn, resolveColumns } from './types.ts'

/** A relation of the catalogue. */
export interface PgTable {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** `pg_class.relkind`: `r` table, `p` partitioned, `v` view, `m` materialised view, `f` foreign. */
  readonly kind: string
}

export interface PgSchema extends RelationSchema {
  readonly columns: readonly PgColumn[]
}

/** All tables and views that a person would name, sorted. Our own working tables are left out. */
const visibleTables = `
  select n.nspname, c.relname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'f')
     and n.nspname not in ('pg_catalog', 'information_schema')
     and n.nspname not like 'pg\\_toast%' and n.nspname not like 'pg\\_temp\\_%'
     and n.nspname not like '\\_millrace%' and c.relname not like '\\_millrace%'
     and not c.relispartition`

export async function listTables(session: Session, patterns: readonly string[]): Promise<TableRef[]> {
  const parsed = patterns.map(parseTablePattern)
  const found = new Map<string, TableRef>()
  const add = (schema: string, name: string) => {
    const table = { scope: [schema], name }
    found.set(formatTableName(table), table)
  }
  // A name without wildcards is looked up as the server would, with its search path.
  for (const pattern of parsed.filter((candidate) => !candidate.wildcard)) {
    const table = await findTable(session, parseTableName(pattern.text))
    add(table.schema, table.name)
  }
  const wildcards = parsed.filter((pattern) => pattern.wildcard)
  if (wildcards.length > 0) {
    const { rows } = await session.query(visibleTables)
    for (const [schema, name] of rows) {
      const table = { scope: [schema ?? ''], name: name ?? '' }
      if (wildcards.some((pattern) => matchesPattern(pattern, table))) add(schema ?? '', name ?? '')
    }
  }
  return [...found.values()].sort(byName)
}

/** Finds a table as the server does: without a schema, along the search path. */
export async function findTable(session: Session, table: TableRef): Promise<PgTable> {
  const [schema, ...outer] = [...table.scope].reverse()
  if (outer.length > 1) throw missingTable(session, table, 'A name has at most a database, a schema and a table.')
  const name = schema === undefined ? quoteName(table.name) : `${quoteName(schema)}.${quoteName(table.name)}`
  const { rows } = await session.query(
    `select c.oid, n.nspname, c.relname, c.relkind, current_database()
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.oid = to_regclass($1) and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
    [name],
  )
  const [row] = rows
  if (!row) throw missingTable(session, table, 'Check the name, its case and the schema.')
  if (outer[0] !== undefined && outer[0] !== row[4]) {
    throw missingTable(session, table, `The connection is to the database "${row[4]}".`)
  }
  return { oid: Number(row[0]), schema: row[1] ?? '', name: row[2] ?? '', kind: row[3] ?? 'r' }
}

function missingTable(session: Session, table: TableRef, hint: string): ConfigError {
  return new ConfigError('TABLE_NOT_FOUND', {
    message: `There is no table ${formatTableName(table)} at ${session.label}. ${hint}`,
    details: { table: formatTableName(table) },
  })
}

/** Columns, key and size of a table, from the catalogue alone. */
export async function describeTable(session: Session, table: PgTable): Promise<PgSchema> {
  const { rows } = await session.query(
    `select attname, atttypid, atttypmod, attnotnull, attnum
       from pg_attribute where attrelid = $1 and attnum > 0 and not attisdropped order by attnum`,
    [table.oid],
  )
  const raw = rows.map(([name, oid, typmod, notNull]) => ({
    name: name ?? '',
    oid: Number(oid),
    typmod: Number(typmod),
    nullable: notNull !== 't',
  }))
  const keys = await session.query(
    `select a.attname
       from pg_index i
       cross join unnest(i.indkey::int2[]) with ordinality as k (attnum, n)
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
      where i.indrelid = $1 and i.indisprimary order by k.n`,
    [table.oid],
  )
  return {
    columns: await resolveColumns(session, raw),
    primaryKey: keys.rows.map(([name]) => name ?? ''),
    ...(await estimateSize(session, table)),
  }
}

/**
 * Rows as the planner estimates them: the density of the last ANALYZE times the present size, over
 * all partitions. Unknown for views and for tables that were never analysed.
 */
async function estimateSize(
  session: Session,
  table: PgTable,
): Promise<{ estimatedRows: number | null; estimatedBytes: number | null }> {
  if (table.kind === 'v' || table.kind === 'f') return { estimatedRows: null, estimatedBytes: null }
  const { rows } = await session.query(
    `with recursive leaf as (
       select $1::oid as oid
       union all
       select i.inhrelid from pg_inherits i join leaf on i.inhparent = leaf.oid
     ), size as (
       select c.reltuples, c.relpages, pg_relation_size(c.oid) as main, pg_table_size(c.oid) as total
         from leaf join pg_class c using (oid) where c.relkind in ('r', 'm')
     )
     select sum(total)::text,
            sum(case when main = 0 then 0
                     when relpages > 0 and reltuples >= 0
                       then reltuples / relpages * (main / current_setting('block_size')::int) end)::numeric(30, 0)::text,
            count(*) filter (where main > 0 and (relpages = 0 or reltuples < 0))::text
       from size`,
    [table.oid],
  )
  const [bytes, estimate, unknown] = rows[0] ?? []
  return {
    estimatedRows: estimate === null || estimate === undefined || unknown !== '0' ? null : Number(estimate),
    estimatedBytes: bytes === null || bytes === undefined ? null : Number(bytes),
  }
}

/** Columns of a query's result, as the server plans it. This also proves that the text is one statement. */
export async function describeQuery(session: Session, sql: string): Promise<PgSchema> {
  const { fields } = await session.query(`select * from ${queryAsTable(sql)} limit 0`, [])
  const names = new Set<string>()
  for (const { name } of fields) {
    if (names.has(name)) {
      throw new ConfigError('DUPLICATE_COLUMN', {
        message: `The query has two columns named "${name}". Give each column a name of its own with AS.`,
        details: { column: name },
      })
    }
    names.add(name)
  }
  const raw = fields.map((field) => ({
    name: field.name,
    oid: field.dataTypeID,
    typmod: field.dataTypeModifier,
    nullable: true,
  }))
  return {
    columns: await resolveColumns(session, raw),
    primaryKey: [],
    estimatedRows: null,
    estimatedBytes: null,
  }
}

/** The line breaks keep a comment at the query's end from swallowing what follows. */
export function queryAsTable(sql: string): string {
  return `(\n${sql.replace(/;\s*$/, '')}\n) as "q"`
}

export const byName = (a: TableRef, b: TableRef): number => {
  const [left, right] = [formatTableName(a), formatTableName(b)]
  return left < right ? -1 : left > right ? 1 : 0
}
