import { ConfigError } from '@millrace/core'
import type { ScopeItem } from '../kit/connector.ts'
import { type RowRelation, refuseDuplicateColumns, trimQuery } from '../kit/row-source.ts'
import { selectTables } from '../kit/select-tables.ts'
import type { Relation, TableRef } from '../kit/source.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { formatTableName } from '../kit/table-name.ts'
import type { Session } from './session.ts'
import { toColumn } from './types.ts'

// Whether a backslash stands for itself in a literal is a setting, so LIKE gets an escape of its own.
const visible = `table_schema not in ('pg_catalog', 'information_schema', 'pg_internal', 'pg_automv')
  and table_schema not like 'pg!_temp!_%' escape '!' and table_schema not like '!_millrace%' escape '!'
  and table_name not like '!_millrace%' escape '!'`

/** Tables and views of all kinds, external and shared ones too; sorted. */
async function allTables(session: Session, condition = '', values: readonly string[] = []): Promise<TableRef[]> {
  const { rows } = await session.one(
    `select distinct table_schema, table_name from svv_tables where ${visible}${condition}`,
    values,
  )
  return rows
    .map(([schema, name]) => ({ scope: [schema ?? ''], name: name ?? '' }))
    .sort((a, b) => compare(formatTableName(a), formatTableName(b)))
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** A name without a schema is looked for in the current one first. */
export async function listTables(session: Session, patterns: readonly string[]): Promise<TableRef[]> {
  const tables = await allTables(session)
  const current = (await session.one('select current_schema()')).rows[0]?.[0]
  const found = patterns.flatMap((pattern) => {
    const matching = selectTables(tables, [pattern])
    const own = matching.filter(({ scope }) => scope[0] === current)
    const single = new Set(matching.map(({ name }) => name)).size === 1 && own.length > 0 && !/[*?]/.test(pattern)
    return single ? own : matching
  })
  return tables.filter((table) => found.includes(table))
}

async function findTable(session: Session, table: TableRef): Promise<{ schema: string; name: string }> {
  const [schema, database, ...rest] = [...table.scope].reverse()
  const own = (await session.one('select current_schema(), current_database()')).rows[0] ?? []
  const found = await session.one(
    'select table_schema from svv_tables where table_schema = $1 and table_name = $2 limit 1',
    [schema ?? own[0] ?? 'public', table.name],
  )
  if (found.rows.length === 0 || rest.length > 0 || (database !== undefined && database !== own[1])) {
    throw new ConfigError('TABLE_NOT_FOUND', {
      message: `There is no table ${formatTableName(table)} in the database ${own[1]}. Check the name, its case and the schema.`,
      details: { table: formatTableName(table) },
    })
  }
  return { schema: schema ?? own[0] ?? 'public', name: table.name }
}

export async function describeRelation(session: Session, relation: Relation): Promise<RowRelation> {
  if (relation.kind === 'query') {
    const from = `(\n${trimQuery(relation.sql)}) AS q`
    const { fields } = await session.one(`select * from ${from} limit 0`)
    const columns = fields.map((field) => toColumn(field, true))
    refuseDuplicateColumns(columns)
    return { columns, primaryKey: [], estimatedRows: null, estimatedBytes: null, from }
  }
  const { schema, name } = await findTable(session, relation.table)
  const from = `${quoteName(schema)}.${quoteName(name)}`
  const { fields } = await session.one(`select * from ${from} limit 0`)
  const named = [schema, name]
  const facts = await session.one(
    "select column_name from svv_columns where table_schema = $1 and table_name = $2 and is_nullable = 'NO'",
    named,
  )
  const required = new Set(facts.rows.map(([column]) => column))
  // Declared, not enforced: whoever relies on it is told by the destination when it does not hold.
  const keys = await session.one(
    `select k.column_name from information_schema.table_constraints t
       join information_schema.key_column_usage k
         on k.constraint_schema = t.constraint_schema and k.constraint_name = t.constraint_name and k.table_name = t.table_name
      where t.constraint_type = 'PRIMARY KEY' and t.table_schema = $1 and t.table_name = $2 order by k.ordinal_position`,
    named,
  )
  const size = await tableSize(session, schema, name)
  return {
    columns: fields.map((field) => toColumn(field, !required.has(field.name))),
    primaryKey: keys.rows.map(([column]) => column ?? ''),
    estimatedRows: size?.numRows ?? null,
    estimatedBytes: size?.size ?? null,
    from,
  }
}

/** Known of tables that hold rows, and to those who may see it. The size is in blocks of 1 MB. */
async function tableSize(session: Session, schema: string, name: string) {
  return (await tableSizes(session, schema)).get(name)
}

async function tableSizes(session: Session, schema: string): Promise<Map<string, { numRows: number; size: number }>> {
  const { rows } = await session.one('select "table", tbl_rows, size from svv_table_info where "schema" = $1', [schema])
  return new Map(
    rows.map(([name, numRows, size]) => [name ?? '', { numRows: Number(numRows), size: Number(size) * 2 ** 20 }]),
  )
}

/** Schemas, or the tables of one; sorted by name. */
export async function listScope(session: Session, parents: readonly string[]): Promise<ScopeItem[]> {
  const [schema, ...deeper] = parents
  if (deeper.length > 0) {
    throw new ConfigError('NO_SUCH_SCOPE', {
      message: 'Redshift has the scopes schema and table; a table holds no further scope.',
    })
  }
  if (schema === undefined) {
    const { rows } = await session.one(
      `select nspname from pg_namespace where nspname not in ('pg_catalog', 'information_schema', 'pg_internal', 'pg_automv')
          and nspname not like 'pg!_toast%' escape '!' and nspname not like 'pg!_temp!_%' escape '!' and nspname not like '!_millrace%' escape '!'`,
    )
    return rows.map(([name]) => ({ name: name ?? '', value: name ?? '' })).sort((a, b) => compare(a.name, b.name))
  }
  const tables = await allTables(session, ' and table_schema = $1', [schema])
  const sizes = await tableSizes(session, schema)
  return tables
    .map(({ name }) => ({ name, value: `${schema}.${name}`, ...sizes.get(name) }))
    .sort((a, b) => compare(a.name, b.name))
}
