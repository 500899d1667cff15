import { ConfigError } from '@millrace/core'
import type { TableRef } from '../kit/source.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { quoteTable } from './identifiers.ts'
import type { Session, TextRow } from './sink-sessions.ts'

export interface TargetColumn {
  readonly name: string
  /** As `format_type` prints it, with the modifier. */
  readonly type: string
  readonly typeOid: string
  readonly notNull: boolean
  readonly hasDefault: boolean
  readonly generated: boolean
  /** `always` takes explicit values only with OVERRIDING SYSTEM VALUE and never in an update. */
  readonly identity: 'always' | 'by default' | null
  /** Labels of an enum type. */
  readonly labels: readonly string[] | null
}

export interface TargetTable {
  readonly oid: string
  readonly schema: string
  readonly name: string
  /** Schema and name, quoted. */
  readonly sql: string
  readonly columns: readonly TargetColumn[]
  readonly estimatedRows: number | null
  readonly hasTriggers: boolean
}

/** Where a target is, or would be made. */
export interface TargetPlace {
  readonly schema: string
  readonly name: string
  readonly sql: string
  readonly table: TargetTable | null
}

export async function locate(session: Session, ref: TableRef): Promise<TargetPlace> {
  const schema = await schemaOf(session, ref)
  const found = await session.select(
    schema === null
      ? `SELECT c.oid::text, n.nspname, c.relkind::text, c.reltuples::bigint::text, c.relhastriggers::text
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)`
      : `SELECT c.oid::text, n.nspname, c.relkind::text, c.reltuples::bigint::text, c.relhastriggers::text
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = $1 AND n.nspname = $2`,
    schema === null ? [quoteName(ref.name)] : [ref.name, schema],
  )
  const row = found[0]
  if (row === undefined) {
    const place = schema ?? (await currentSchema(session))
    return { schema: place, name: ref.name, sql: quoteTable(place, ref.name), table: null }
  }
  const place = { schema: text(row, 'nspname'), name: ref.name, sql: quoteTable(text(row, 'nspname'), ref.name) }
  if (row.relkind !== 'r' && row.relkind !== 'p') {
    throw new ConfigError('TARGET_NOT_A_TABLE', {
      message: `${place.schema}.${place.name} is not a table, so rows cannot be loaded into it. Name a table, or a name that does not exist yet.`,
    })
  }
  const oid = text(row, 'oid')
  const estimate = Number(row.reltuples)
  return {
    ...place,
    table: {
      ...place,
      oid,
      columns: await columnsOf(session, oid),
      // -1 means that the table was never analysed.
      estimatedRows: estimate < 0 ? null : estimate,
      hasTriggers: row.relhastriggers === 'true' || row.relhastriggers === 't',
    },
  }
}

async function schemaOf(session: Session, ref: TableRef): Promise<string | null> {
  if (ref.name === '' || Buffer.byteLength(ref.name) > 63) {
    throw new ConfigError('TABLE_NAME_TOO_LONG', {
      message: `PostgreSQL cannot keep a table name of ${Buffer.byteLength(ref.name)} bytes; it takes 1 to 63. Choose a shorter name.`,
    })
  }
  if (ref.scope.length <= 1) return ref.scope[0] ?? null
  const [database] = await session.select('SELECT current_database()::text AS name')
  if (ref.scope.length === 2 && ref.scope[0] === database?.name) return ref.scope[1] as string
  throw new ConfigError('TABLE_SCOPE_UNKNOWN', {
    message: `${[...ref.scope, ref.name].join('.')} is not in the connection's database ${database?.name}. Name the table as schema.table.`,
  })
}

async function currentSchema(session: Session): Promise<string> {
  const [row] = await session.select('SELECT current_schema()::text AS name')
  if (row?.name) return row.name
  throw new ConfigError('NO_CURRENT_SCHEMA', {
    message: 'The search path of this connection names no schema that exists. Name the target as schema.table.',
  })
}

export async function columnsOf(session: Session, oid: string): Promise<TargetColumn[]> {
  const rows = await session.select(
    `SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type, a.atttypid::text AS "typeOid",
            CASE WHEN a.attnotnull THEN 'y' END AS "notNull",
            CASE WHEN a.atthasdef AND a.attgenerated = '' THEN 'y' END AS "hasDefault",
            a.attgenerated::text AS generated, a.attidentity::text AS identity,
            (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder)::text FROM pg_enum e WHERE e.enumtypid = a.atttypid) AS labels
       FROM pg_attribute a
      WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attnum`,
    [oid],
  )
  return rows.map((row) => ({
    name: text(row, 'name'),
    type: text(row, 'type'),
    typeOid: text(row, 'typeOid'),
    notNull: row.notNull === 'y',
    hasDefault: row.hasDefault === 'y',
    generated: row.generated !== '',
    identity: row.identity === 'a' ? 'always' : row.identity === 'd' ? 'by default' : null,
    labels: row.labels ? (JSON.parse(row.labels) as string[]) : null,
  }))
}

export async function columnsOfTable(session: Session, quotedTable: string): Promise<TargetColumn[]> {
  const [row] = await session.select('SELECT to_regclass($1)::oid::text AS oid', [quotedTable])
  return row?.oid ? columnsOf(session, row.oid) : []
}

export const text = (row: TextRow, name: string): string => row[name] ?? ''

export const columnList = (names: readonly string[]): string => names.map(quoteName).join(', ')
