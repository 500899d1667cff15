import { ConfigError } from '@millrace/core'
import type { Target } from '../kit/sink.ts'
import type { TableRef } from '../kit/source.ts'
import { databaseOf, findTable } from './catalog.ts'
import type { Session } from './session.ts'
import { literal, qualified } from './sql-text.ts'

export interface TargetColumn {
  readonly name: string
  /** Declaration with its collation. */
  readonly type: string
  readonly nullable: boolean
  readonly hasDefault: boolean
  readonly generated: boolean
}

/** A foreign key, from the table that has it to the one that it refers to. */
export interface Reference {
  readonly from: string
  readonly to: string
  /** Pairs of columns. */
  readonly columns: readonly (readonly [string, string])[]
}

export interface TargetTable {
  readonly database: string
  readonly name: string
  readonly address: string
  readonly columns: readonly TargetColumn[]
  readonly view: boolean
  readonly engine: string | null
  readonly estimatedRows: number | null
  readonly references: readonly Reference[]
  readonly triggers: number
}

export function tableOf(target: Target): TableRef {
  if (target.kind === 'table') return target.table
  throw new ConfigError('TABLE_REQUIRED', {
    message: 'A MySQL database takes tables, not files. Name one with --into.',
  })
}

/** The table as it is, or null. */
export async function readTarget(
  session: Session,
  target: Target,
  own: string | undefined,
): Promise<TargetTable | null> {
  const ref = tableOf(target)
  const found = await findTable(session, { ...ref, scope: [databaseOf(ref, own)] }, own)
  if (found === null) return null
  const { database, name, view, engine } = found
  const rows = await session.select(
    `SELECT column_name AS name, column_type AS type, collation_name AS collation, is_nullable AS nullable,
            column_default AS standard, extra AS extra FROM information_schema.columns
      WHERE table_schema = ${literal(database)} AND table_name = ${literal(name)}
        AND BINARY table_name = BINARY ${literal(name)} ORDER BY ordinal_position`,
  )
  const fields = view ? [] : await session.fields(`SELECT * FROM ${qualified(database, name)} LIMIT 0`)
  const json = new Set(fields.filter((field) => field.extendedFormat === 'json').map((field) => field.name))
  const [triggers] = await session.select(
    `SELECT COUNT(*) AS n FROM information_schema.triggers
      WHERE event_object_schema = ${literal(database)} AND event_object_table = ${literal(name)}`,
  )
  return {
    database,
    name,
    view,
    engine,
    address: qualified(database, name),
    columns: rows.map((row) => ({
      name: row.name ?? '',
      type: json.has(row.name ?? '') ? 'json' : `${row.type}${row.collation ? ` collate ${row.collation}` : ''}`,
      nullable: row.nullable !== 'NO',
      hasDefault: row.standard !== null || /auto_increment|DEFAULT_GENERATED/i.test(row.extra ?? ''),
      generated: /VIRTUAL|STORED|PERSISTENT/i.test(row.extra ?? ''),
    })),
    estimatedRows: found.rows,
    references: await readReferences(session, database, name),
    triggers: Number(triggers?.n ?? 0),
  }
}

async function readReferences(session: Session, database: string, name: string): Promise<Reference[]> {
  const rows = await session.select(
    `SELECT constraint_schema AS own, constraint_name AS id, table_schema AS db, table_name AS tab, column_name AS col,
            referenced_table_schema AS ref_db, referenced_table_name AS ref_tab, referenced_column_name AS ref_col
       FROM information_schema.key_column_usage
      WHERE referenced_table_name IS NOT NULL
        AND ((table_schema = ${literal(database)} AND table_name = ${literal(name)})
          OR (referenced_table_schema = ${literal(database)} AND referenced_table_name = ${literal(name)}))
      ORDER BY ordinal_position`,
  )
  const references = new Map<string, { from: string; to: string; columns: [string, string][] }>()
  for (const row of rows) {
    const id = JSON.stringify([row.own, row.tab, row.id])
    const reference = references.get(id) ?? {
      from: qualified(row.db ?? '', row.tab ?? ''),
      to: qualified(row.ref_db ?? '', row.ref_tab ?? ''),
      columns: [],
    }
    reference.columns.push([row.col ?? '', row.ref_col ?? ''])
    references.set(id, reference)
  }
  return [...references.values()]
}
