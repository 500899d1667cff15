import { quoteName } from '../kit/sql-quote.ts'
import { quoteLiteral, quoteTable } from './identifiers.ts'
import type { TargetPlace, TargetTable } from './sink-catalog.ts'
import { text } from './sink-catalog.ts'
import type { Session } from './sink-sessions.ts'

/** An index or key of the target, as it is to be made again. */
interface IndexPlan {
  readonly name: string
  readonly temporary: string
  readonly comments: readonly string[]
}

/** Makes staging, which has no keys yet, the table of this name. */
export async function moveIntoPlace(session: Session, staging: string, key: string, place: TargetPlace): Promise<void> {
  const [schema] = await session.select('SELECT 1::text AS found FROM pg_namespace WHERE nspname = $1', [place.schema])
  if (!schema) await session.execute(`CREATE SCHEMA ${quoteName(place.schema)}`)
  await rename(session, staging, key, place.schema, place.name)
}

/** Both schema and name change, and in neither schema may another table stand in the way. */
async function rename(session: Session, staging: string, key: string, schema: string, name: string): Promise<void> {
  const passing = `_millrace_s_${key}`
  await session.execute(`ALTER TABLE ${staging} RENAME TO ${quoteName(passing)}`)
  await session.execute(`ALTER TABLE ${quoteTable('_millrace', passing)} SET SCHEMA ${quoteName(schema)}`)
  await session.execute(`ALTER TABLE ${quoteTable(schema, passing)} RENAME TO ${quoteName(name)}`)
}

/** Builds the target's keys and indexes on staging, while readers and writers of the target go on. */
export async function buildIndexes(
  session: Session,
  staging: string,
  key: string,
  target: TargetTable,
): Promise<IndexPlan[]> {
  const rows = await session.select(
    `SELECT x.relname::text AS name,
            substr(pg_get_indexdef(i.indexrelid), 1 + length(
              format('CREATE %sINDEX %I ON %I.%I', CASE WHEN i.indisunique THEN 'UNIQUE ' END, x.relname, n.nspname, t.relname)
            )) AS "using",
            CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END AS "unique",
            pg_get_constraintdef(k.oid) AS constraint,
            obj_description(i.indexrelid, 'pg_class') AS comment, obj_description(k.oid, 'pg_constraint') AS "constraintComment"
       FROM pg_index i
       JOIN pg_class x ON x.oid = i.indexrelid
       JOIN pg_class t ON t.oid = i.indrelid
       JOIN pg_namespace n ON n.oid = t.relnamespace
       LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
      WHERE i.indrelid = $1::oid
      ORDER BY i.indisprimary DESC, x.relname`,
    [target.oid],
  )
  const plans: IndexPlan[] = []
  for (const [number, row] of rows.entries()) {
    const name = text(row, 'name')
    const temporary = `_millrace_i_${key}_${number}`
    if (row.constraint) {
      await session.execute(`ALTER TABLE ${staging} ADD CONSTRAINT ${quoteName(temporary)} ${row.constraint}`)
    } else {
      // The definition is the server's own; only the two names before USING are ours.
      await session.execute(`CREATE ${row.unique}INDEX ${quoteName(temporary)} ON ${staging}${row.using}`)
    }
    const index = quoteTable(target.schema, name)
    const comments = []
    if (row.comment) comments.push(`COMMENT ON INDEX ${index} IS ${quoteLiteral(row.comment)}`)
    if (row.constraintComment) {
      comments.push(
        `COMMENT ON CONSTRAINT ${quoteName(name)} ON ${target.sql} IS ${quoteLiteral(row.constraintComment)}`,
      )
    }
    plans.push({ name, temporary, comments })
  }
  return plans
}

/** Replaces the target by its loaded double. The caller holds the exclusive lock. */
export async function swap(
  session: Session,
  staging: string,
  key: string,
  target: TargetTable,
  indexes: readonly IndexPlan[],
): Promise<void> {
  const [old] = await session.select(
    `SELECT obj_description(oid, 'pg_class') AS comment,
            CASE WHEN relowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user) THEN quote_ident(pg_get_userbyid(relowner)) END AS owner
       FROM pg_class WHERE oid = $1::oid`,
    [target.oid],
  )
  const grants = await grantsOf(session, target.oid, `TABLE ${target.sql}`)
  const sequences = await ownedSequences(session, target.oid)
  const away = `_millrace_o_${key}`

  await session.execute(`ALTER TABLE ${target.sql} RENAME TO ${quoteName(away)}`)
  await rename(session, staging, key, target.schema, target.name)
  // Before its sequences: they belong to the owner of their table.
  if (old?.owner) await session.execute(`ALTER TABLE ${target.sql} OWNER TO ${old.owner}`)
  for (const { identity, column, sql } of sequences) {
    // A staged default of an identity column would keep the old table's sequence alive.
    if (identity) await session.execute(`ALTER TABLE ${target.sql} ALTER COLUMN ${quoteName(column)} DROP DEFAULT`)
    else await session.execute(`ALTER SEQUENCE ${sql} OWNED BY ${target.sql}.${quoteName(column)}`)
  }
  await session.execute(`DROP TABLE ${quoteTable(target.schema, away)}`)

  for (const { name, temporary, comments } of indexes) {
    await session.execute(`ALTER INDEX ${quoteTable(target.schema, temporary)} RENAME TO ${quoteName(name)}`)
    for (const comment of comments) await session.execute(comment)
  }
  for (const sequence of sequences.filter(({ identity }) => identity)) {
    const column = quoteName(sequence.column)
    await session.execute(
      `ALTER TABLE ${target.sql} ALTER COLUMN ${column} ADD GENERATED ${sequence.identity} AS IDENTITY (SEQUENCE NAME ${sequence.sql} ${sequence.options})`,
    )
    await session.execute(`SELECT setval($1::regclass, $2::bigint, $3::boolean)`, [
      sequence.sql,
      sequence.lastValue,
      sequence.isCalled,
    ])
    for (const statement of sequence.grants) await session.execute(statement)
  }
  for (const statement of grants) await session.execute(statement)
  if (old?.comment) await session.execute(`COMMENT ON TABLE ${target.sql} IS ${quoteLiteral(old.comment)}`)
}

interface OwnedSequence {
  readonly column: string
  readonly sql: string
  /** `ALWAYS` or `BY DEFAULT`; null for the sequence of a serial column. */
  readonly identity: string | null
  readonly options: string
  readonly lastValue: string
  readonly isCalled: string
  readonly grants: readonly string[]
}

async function ownedSequences(session: Session, oid: string): Promise<OwnedSequence[]> {
  const rows = await session.select(
    `SELECT a.attname::text AS column, n.nspname::text AS schema, s.relname::text AS name, s.oid::text AS oid,
            CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END AS identity,
            format('INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s %s',
                   q.seqincrement, q.seqmin, q.seqmax, q.seqstart, q.seqcache,
                   CASE WHEN q.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END) AS options
       FROM pg_depend d
       JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
       JOIN pg_namespace n ON n.oid = s.relnamespace
       JOIN pg_sequence q ON q.seqrelid = s.oid
       JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
      WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
        AND d.refobjid = $1::oid AND d.deptype IN ('a', 'i')`,
    [oid],
  )
  const sequences: OwnedSequence[] = []
  for (const row of rows) {
    const sql = quoteTable(text(row, 'schema'), text(row, 'name'))
    const [value] = await session.select(
      `SELECT last_value::text AS last, CASE WHEN is_called THEN 'true' ELSE 'false' END AS called FROM ${sql}`,
    )
    sequences.push({
      column: text(row, 'column'),
      sql,
      identity: row.identity ?? null,
      options: text(row, 'options'),
      lastValue: text(value ?? {}, 'last'),
      isCalled: text(value ?? {}, 'called'),
      grants: row.identity ? await grantsOf(session, text(row, 'oid'), `SEQUENCE ${sql}`) : [],
    })
  }
  return sequences
}

/**
 * Statements that give a new object exactly the privileges of the old one. Default privileges may
 * already have given it others, so everything is taken back first.
 */
async function grantsOf(session: Session, oid: string, object: string): Promise<string[]> {
  const rows = await session.select(
    `SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END AS grantee,
            x.privilege_type AS privilege, CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS option,
            quote_ident(pg_get_userbyid(c.relowner)) AS owner
       FROM pg_class c,
            aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) AS x
      WHERE c.oid = $1::oid`,
    [oid],
  )
  const defaults = await session.select(
    `SELECT DISTINCT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END AS grantee
       FROM pg_default_acl d, aclexplode(d.defaclacl) AS x
      WHERE d.defaclrole = (SELECT oid FROM pg_roles WHERE rolname = current_user) AND d.defaclobjtype IN ('r', 'S')`,
  )
  const revoked = new Set([
    'PUBLIC',
    ...defaults.map((row) => text(row, 'grantee')),
    ...rows.map((row) => text(row, 'owner')),
  ])
  return [
    ...[...revoked].map((grantee) => `REVOKE ALL ON ${object} FROM ${grantee}`),
    ...rows.map((row) => `GRANT ${row.privilege} ON ${object} TO ${row.grantee}${row.option}`),
  ]
}
