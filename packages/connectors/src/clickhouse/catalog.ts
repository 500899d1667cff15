import { ConfigError } from '@millrace/core'
import type { Column } from '@millrace/formats'
import type { ScopeItem } from '../kit/connector.ts'
import { selectTables } from '../kit/select-tables.ts'
import type { Relation, RelationSchema, TableRef } from '../kit/source.ts'
import { formatTableName } from '../kit/table-name.ts'
import { readRows } from './read-table.ts'
import type { Session } from './session.ts'
import { qualified, quoteText, subquery } from './sql-text.ts'
import { isNullable, logicalType } from './types.ts'

/** Hidden: the server's own, and what loads keep of themselves. */
const shown = "NOT startsWith(name, '_millrace') AND NOT startsWith(name, '.inner') AND is_temporary = 0"
const foreign = "('system', 'INFORMATION_SCHEMA', 'information_schema')"

export interface NativeColumn {
  readonly name: string
  readonly type: string
}

export interface DescribedRelation extends RelationSchema {
  readonly native: readonly NativeColumn[]
  /** What stands after FROM. */
  readonly from: string
}

export function databaseOf(table: TableRef, own: string): string {
  return table.scope.at(-1) ?? own
}

export async function listTables(session: Session, own: string, patterns: readonly string[]): Promise<TableRef[]> {
  const rows = await readRows(session.http, {
    sql: `SELECT database, name FROM system.tables WHERE database NOT IN ${foreign} AND ${shown} ORDER BY database, name`,
    settings: session.reading,
  })
  const tables = rows.map(([database, name]) => ({ scope: [database ?? ''], name: name ?? '' }))
  // A name without a database means one of the connection's own.
  const qualify = (pattern: string) => ({ pattern, own: tables.filter((table) => table.scope[0] === own) })
  const found = patterns.flatMap((pattern) => {
    const plain = !/^("(?:[^"]|"")*"|[^".]*)\./.test(pattern)
    return selectTables(plain ? qualify(pattern).own : tables, [pattern])
  })
  return tables.filter((table) => found.includes(table))
}

/** The columns of anything that can stand after FROM, without reading a row. */
export async function describeColumns(session: Session, from: string): Promise<NativeColumn[]> {
  const rows = await readRows(session.http, { sql: `DESCRIBE (SELECT * FROM ${from})`, settings: session.reading })
  const seen = new Set<string>()
  return rows.map(([name, type]) => {
    if (seen.has(name ?? '')) {
      throw new ConfigError('DUPLICATE_COLUMN', {
        message: `The query has two columns named "${name}". Give one of them another name with AS.`,
      })
    }
    seen.add(name ?? '')
    return { name: name ?? '', type: type ?? '' }
  })
}

export function columnOf({ name, type }: NativeColumn): Column {
  return { name, type: logicalType(type), nullable: isNullable(type), sourceType: type }
}

export async function describe(session: Session, relation: Relation, own: string): Promise<DescribedRelation> {
  // A primary key of ClickHouse orders rows, and does not keep two from having the same: it is none to a copy.
  const unknown = { primaryKey: [], estimatedRows: null, estimatedBytes: null }
  if (relation.kind === 'query') {
    const from = `${subquery(relation.sql)} AS _millrace_q`
    const native = await describeColumns(session, from)
    return { ...unknown, native, from, columns: native.map(columnOf) }
  }
  const database = databaseOf(relation.table, own)
  const from = qualified(database, relation.table.name)
  const [facts] = await readRows(session.http, {
    sql: `SELECT toString(total_rows), toString(total_bytes) FROM system.tables WHERE database = ${quoteText(database)} AND name = ${quoteText(relation.table.name)}`,
    settings: session.reading,
  })
  if (!facts) {
    throw new ConfigError('TABLE_NOT_FOUND', {
      message: `There is no table ${formatTableName({ scope: [database], name: relation.table.name })}, or this user may not see it.`,
    })
  }
  const native = await describeColumns(session, from)
  const number = (text: string | null | undefined) => (text == null ? null : Number(text))
  return {
    native,
    from,
    columns: native.map(columnOf),
    primaryKey: [],
    estimatedRows: number(facts[0]),
    estimatedBytes: number(facts[1]),
  }
}

export async function listScope(session: Session, parents: readonly string[]): Promise<ScopeItem[]> {
  const [database] = parents
  if (database === undefined) {
    const rows = await readRows(session.http, {
      sql: `SELECT name FROM system.databases WHERE name NOT IN ${foreign} ORDER BY name`,
      settings: session.reading,
    })
    return rows.map(([name]) => ({ name: name ?? '', value: formatTableName({ scope: [], name: name ?? '' }) }))
  }
  const rows = await readRows(session.http, {
    sql: `SELECT name, toString(total_rows), toString(total_bytes) FROM system.tables WHERE database = ${quoteText(database)} AND ${shown} ORDER BY name`,
    settings: session.reading,
  })
  return rows.map(([name, count, bytes]) => ({
    name: name ?? '',
    value: formatTableName({ scope: [database], name: name ?? '' }),
    ...(count == null ? {} : { numRows: Number(count) }),
    ...(bytes == null ? {} : { size: Number(bytes) }),
  }))
}
