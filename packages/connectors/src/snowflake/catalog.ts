import { ConfigError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { ScopeItem } from '../kit/connector.ts'
import { type RowRelation, refuseDuplicateColumns, trimQuery } from '../kit/row-source.ts'
import { selectTables } from '../kit/select-tables.ts'
import type { Relation, TableRef } from '../kit/source.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { formatTableName, parseTablePattern } from '../kit/table-name.ts'
import type { Session } from './session.ts'
import { toColumn } from './types.ts'

export interface SnowflakeRelation extends RowRelation {
  /** Whether it can be read as it was at an earlier time. */
  readonly hasHistory: boolean
}

const hidden = new Set(['SNOWFLAKE', 'SNOWFLAKE_SAMPLE_DATA'])
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** A backslash begins an escape in Snowflake's literals. */
export function quoteText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

interface Place {
  readonly database: string
  readonly schema: string
}

/** Where names without scopes are looked for. */
async function currentPlace(session: Session, config: ConfigValues): Promise<Place> {
  const [row] = await session.all('SELECT CURRENT_DATABASE(), CURRENT_SCHEMA()')
  const database = row?.[0] ?? config.database
  if (!database) {
    throw new ConfigError('DATABASE_REQUIRED', {
      message: 'This connection to Snowflake has no database. Set SF_DATABASE, or write database.schema.table.',
    })
  }
  return { database: String(database), schema: row?.[1] ?? String(config.schema ?? 'PUBLIC') }
}

interface TableRow extends Place {
  readonly name: string
  readonly kind: string
  readonly rows: number | null
  readonly bytes: number | null
  readonly retention: number
}

/** Tables and views of a database; the catalogue of another is named in front. */
async function tablesOf(session: Session, database: string, conditions: readonly string[]): Promise<TableRow[]> {
  const where = ["TABLE_SCHEMA <> 'INFORMATION_SCHEMA'", "NOT STARTSWITH(TABLE_NAME, '_millrace')", ...conditions]
  const found = await session.all(
    `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ROW_COUNT, BYTES, RETENTION_TIME FROM ${quoteName(database)}.INFORMATION_SCHEMA.TABLES WHERE ${where.join(' AND ')}`,
  )
  return found
    .map(([schema, name, kind, rows, bytes, retention]) => ({
      database,
      schema: schema ?? '',
      name: name ?? '',
      kind: kind ?? '',
      rows: rows == null ? null : Number(rows),
      bytes: bytes == null ? null : Number(bytes),
      retention: Number(retention ?? 0),
    }))
    .sort((a, b) => compare(a.schema, b.schema) || compare(a.name, b.name))
}

/** In the connection's database; a name without a schema is looked for in its schema first. */
export async function listTables(
  session: Session,
  config: ConfigValues,
  patterns: readonly string[],
): Promise<TableRef[]> {
  const { database, schema } = await currentPlace(session, config)
  const all = (await tablesOf(session, database, [])).map((table) => ({ scope: [table.schema], name: table.name }))
  const found = new Set<TableRef>()
  for (const text of patterns) {
    const matching = selectTables(all, [text])
    const pattern = parseTablePattern(text)
    const own = pattern.scope === null ? matching.filter((table) => table.scope[0] === schema) : matching
    for (const table of pattern.wildcard || own.length === 0 ? matching : own) found.add(table)
  }
  return all.filter((table) => found.has(table))
}

async function findTable(session: Session, config: ConfigValues, table: TableRef): Promise<TableRow> {
  const current = await currentPlace(session, config)
  const [schema = current.schema, database = current.database, ...rest] = [...table.scope].reverse()
  const [found] =
    rest.length > 0
      ? []
      : await tablesOf(session, database, [
          `TABLE_SCHEMA = ${quoteText(schema)}`,
          `TABLE_NAME = ${quoteText(table.name)}`,
        ])
  if (found) return found
  throw new ConfigError('TABLE_NOT_FOUND', {
    message: `There is no table ${formatTableName(table)} that this role can see. Check database, schema, name and case: names written without quotes are in upper case.`,
    details: { table: formatTableName(table) },
  })
}

/** @param openedAt the moment whose state tables are read in */
export async function describeRelation(
  session: Session,
  config: ConfigValues,
  relation: Relation,
  openedAt: string,
): Promise<SnowflakeRelation> {
  if (relation.kind === 'query') {
    const from = `(\n${trimQuery(relation.sql)}) AS q`
    const columns = (await session.describe(`SELECT * FROM ${from}`)).columns.map(toColumn)
    refuseDuplicateColumns(columns)
    return { columns, primaryKey: [], estimatedRows: null, estimatedBytes: null, from, hasHistory: false }
  }
  const table = await findTable(session, config, relation.table)
  const name = [table.database, table.schema, table.name].map(quoteName).join('.')
  const hasHistory = table.kind === 'BASE TABLE' && table.retention > 0
  const { columns } = await session.describe(`SELECT * FROM ${name}`)
  return {
    columns: columns.map(toColumn),
    // Declared keys are not enforced, and only a statement of its own lists them.
    primaryKey: [],
    estimatedRows: table.rows,
    estimatedBytes: table.bytes,
    from: hasHistory ? `${name} AT(TIMESTAMP => ${quoteText(openedAt)}::TIMESTAMP_LTZ)` : name,
    hasHistory,
  }
}

/** Databases, the schemas of one, or its tables and views; sorted by name. */
export async function listScope(session: Session, parents: readonly string[]): Promise<ScopeItem[]> {
  const [database, schema, ...deeper] = parents
  const item = (name: string): ScopeItem => ({ name, value: [...parents, name].join('.') })
  const sorted = (names: readonly string[]) => [...names].sort(compare).map(item)
  if (deeper.length > 0) {
    throw new ConfigError('NO_SUCH_SCOPE', {
      message: 'Snowflake has the scopes database, schema and table; a table holds no further scope.',
    })
  }
  if (database === undefined) {
    const result = await session.run('SHOW DATABASES')
    const at = result.columns.findIndex(({ name }) => name === 'name')
    const names: string[] = []
    for await (const row of result.rows()) names.push(row[at] ?? '')
    return sorted(names.filter((name) => !hidden.has(name)))
  }
  if (schema === undefined) {
    const rows = await session.all(
      `SELECT SCHEMA_NAME FROM ${quoteName(database)}.INFORMATION_SCHEMA.SCHEMATA WHERE SCHEMA_NAME <> 'INFORMATION_SCHEMA'`,
    )
    return sorted(rows.map(([name]) => name ?? ''))
  }
  const tables = await tablesOf(session, database, [`TABLE_SCHEMA = ${quoteText(schema)}`])
  return tables
    .map(({ name, rows, bytes }) => ({
      ...item(name),
      ...(rows === null ? {} : { numRows: rows }),
      ...(bytes === null ? {} : { size: bytes }),
    }))
    .sort((a, b) => compare(a.name, b.name))
}

export async function tableColumns(session: Session, config: ConfigValues, scopes: readonly string[]) {
  const table = await findTable(session, config, { scope: scopes.slice(0, -1), name: scopes.at(-1) ?? '' })
  const name = [table.database, table.schema, table.name].map(quoteName).join('.')
  return (await session.describe(`SELECT * FROM ${name}`)).columns
}
