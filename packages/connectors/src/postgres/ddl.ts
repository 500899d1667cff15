import type { Column, LogicalType } from '@millrace/formats'
import { quoteName } from '../kit/sql-quote.ts'
import type { Session } from './sink-sessions.ts'

/** A column as it would be created. */
export interface ColumnType {
  readonly name: string
  /** SQL of the type. */
  readonly type: string
  /** Its oid, null for the ones that only their spelling is known of. */
  readonly typeOid: string | null
  readonly notNull: boolean
  /** True when COPY's binary form of the type means the same on every server: built in, and free of oids. */
  readonly portable: boolean
}

/** PostgreSQL's type for a logical one. Every value of the logical type has a place in it, and reads back as the same canonical text. */
export function typeFor(type: LogicalType): string {
  switch (type.kind) {
    case 'boolean':
      return 'boolean'
    case 'integer': {
      if (type.bits === 64) return type.unsigned ? 'numeric(20,0)' : 'bigint'
      if (type.bits === 32) return type.unsigned ? 'bigint' : 'integer'
      return type.bits === 16 && type.unsigned ? 'integer' : 'smallint'
    }
    case 'decimal': {
      const { precision, scale } = type
      const declared = precision !== null && scale !== null && precision <= 1000 && scale >= 0 && scale <= precision
      return declared ? `numeric(${precision},${scale})` : 'numeric'
    }
    case 'float':
      return type.bits === 32 ? 'real' : 'double precision'
    case 'binary':
      return 'bytea'
    case 'date':
      return 'date'
    case 'time':
      return 'time without time zone'
    case 'timestamp':
      return type.utc ? 'timestamp with time zone' : 'timestamp without time zone'
    case 'interval':
    case 'duration':
      return 'interval'
    case 'uuid':
      return 'uuid'
    case 'json':
      return 'json'
    case 'list':
      return `${typeFor(type.element)}[]`
    case 'text':
    case 'enum':
      return 'text'
  }
}

/** Types that have a logical kind of their own: a column declared so that is planned as text was overridden on the way. */
const notTextByNature =
  /^(boolean|smallint|integer|bigint|oid|xid8?|cid|numeric|real|double precision|money|bytea|date|time(\(\d\))? without|timestamp|interval|uuid|jsonb?)\b|\[\]$/

/** Types whose text names objects of one database, or which take no input at all. */
const boundToDatabase = /^(reg[a-z]+|pg_node_tree|pg_ndistinct|pg_dependencies|pg_mcv_list|aclitem|cid)(\[\])?$/

/** Binary forms without oids, equal in all versions. `money` is left out: sources hand it out as numeric. */
const portableTypes = new Set(
  `bool int2 int4 int8 oid float4 float8 numeric text varchar bpchar bytea date time timetz timestamp timestamptz
   interval uuid json jsonb inet cidr macaddr macaddr8 bit varbit point line lseg box path polygon circle
   int4range int8range numrange daterange tsrange tstzrange int4multirange int8multirange nummultirange datemultirange tsmultirange tstzmultirange
   tsvector tsquery pg_lsn xid xid8 name xml`.split(/\s+/),
)

/**
 * The types in which columns of this source are created: for another PostgreSQL the very
 * declaration when the type exists here, else by the logical type.
 */
export async function columnTypes(
  session: Session,
  columns: readonly Column[],
  sourceDialect: string,
): Promise<ColumnType[]> {
  const verbatim = sourceDialect === 'postgres' ? await knownTypes(session, columns) : new Map<string, KnownType>()
  return columns.map((column) => {
    const found = keepsItsType(column) ? verbatim.get(column.sourceType) : undefined
    const known = column.type.kind === 'text' && notTextByNature.test(found?.base ?? '') ? undefined : found
    const enumFits =
      known === undefined ||
      column.type.kind !== 'enum' ||
      (known.labels !== null && column.type.labels.every((label) => known.labels?.includes(label)))
    const notNull = !column.nullable
    if (known === undefined || !enumFits) {
      return { name: column.name, type: typeFor(column.type), typeOid: null, notNull, portable: false }
    }
    return { name: column.name, type: column.sourceType, typeOid: known.oid, notNull, portable: known.portable }
  })
}

function keepsItsType({ type, sourceType }: Column): boolean {
  if (sourceType === '' || boundToDatabase.test(sourceType)) return false
  return type.kind !== 'text' || !notTextByNature.test(sourceType)
}

interface KnownType {
  readonly oid: string
  readonly portable: boolean
  readonly labels: readonly string[] | null
  /** The type below a domain. */
  readonly base: string | null
}

/** `to_regtype` also proves that a declaration is a type name and nothing more, so that it may stand in DDL. */
async function knownTypes(session: Session, columns: readonly Column[]): Promise<Map<string, KnownType>> {
  const names = [...new Set(columns.filter(keepsItsType).map((column) => column.sourceType))]
  const rows = await session.select(
    `SELECT n.name, t.oid::text, t.typtype::text, t.typname::text, e.typname::text AS element,
            CASE WHEN t.oid < 16384 THEN 'y' END AS "builtIn", format_type(nullif(t.typbasetype, 0), NULL) AS base,
            (SELECT json_agg(l.enumlabel)::text FROM pg_enum l WHERE l.enumtypid = t.oid) AS labels
       FROM unnest($1::text[]) AS n (name)
       JOIN pg_type t ON t.oid = to_regtype(n.name)
       LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typlen = -1 AND t.typcategory = 'A'
      WHERE t.typtype <> 'p'`,
    [names],
  )
  return new Map(
    rows.map((row) => [
      row.name ?? '',
      {
        oid: row.oid ?? '',
        portable: row.typtype === 'e' || (row.builtIn === 'y' && portableTypes.has(row.element ?? row.typname ?? '')),
        labels: row.labels ? (JSON.parse(row.labels) as string[]) : null,
        base: row.base ?? null,
      },
    ]),
  )
}

export function createTableSql(quotedTable: string, columns: readonly ColumnType[]): string {
  const lines = columns.map(({ name, type, notNull }) => `  ${quoteName(name)} ${type}${notNull ? ' NOT NULL' : ''}`)
  return `CREATE TABLE ${quotedTable} (\n${lines.join(',\n')}\n)`
}
