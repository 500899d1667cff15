import type { LoadSpec } from '../kit/sink.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { columnTypes, createTableSql } from './ddl.ts'
import { quoteLiteral } from './identifiers.ts'
import { stagingTable } from './sink-bookkeeping.ts'
import { columnList, type TargetColumn, type TargetPlace, type TargetTable } from './sink-catalog.ts'
import type { Session } from './sink-sessions.ts'
import { canSwap } from './sink-swappable.ts'

export interface StagingShape {
  readonly target: string
  /** Survives a crash of the server. Only such a table may become the target. */
  readonly logged: boolean
  readonly swap: boolean
}

/**
 * Makes the table that chunks are copied into. Three shapes:
 * the target itself under another name, when the target does not exist; the target's double, when a
 * replace can swap it in; else just the loaded columns, unlogged, since their rows are copied once
 * more by the publish.
 */
export async function createStaging(session: Session, spec: LoadSpec, place: TargetPlace): Promise<StagingShape> {
  const staging = stagingTable(spec.key)
  await session.execute(`DROP TABLE IF EXISTS ${staging}`)
  if (place.table === null) {
    const columns = await columnTypes(session, spec.columns, spec.sourceDialect)
    await session.execute(createTableSql(staging, columns))
    return { target: place.sql, logged: true, swap: true }
  }
  const swap = spec.mode === 'replace' && (await canSwap(session, place.table))
  if (swap) await createDouble(session, spec, place.table, staging)
  else await createColumnsOnly(session, spec, place, staging)
  await applyChanges(session, staging, spec)
  return { target: place.sql, logged: swap, swap }
}

/** Indexes and keys follow when the rows are in; identity follows with the swap, as its sequence stays the same. */
async function createDouble(session: Session, spec: LoadSpec, target: TargetTable, staging: string): Promise<void> {
  const [row] = await session.select(
    `SELECT current_setting('server_version_num') AS version,
            (SELECT am.amname::text FROM pg_am am WHERE am.oid = c.relam) AS method,
            array_to_string(c.reloptions, ', ') AS options,
            (SELECT string_agg('toast.' || o, ', ') FROM pg_class t, unnest(t.reloptions) AS o WHERE t.oid = c.reltoastrelid) AS toast
       FROM pg_class c WHERE c.oid = $1::oid`,
    [target.oid],
  )
  const parts = ['DEFAULTS', 'GENERATED', 'CONSTRAINTS', 'STORAGE', 'COMMENTS']
  if (Number(row?.version) >= 140000) parts.push('COMPRESSION')
  const options = [row?.options, row?.toast].filter(Boolean).join(', ')
  await session.execute(
    `CREATE TABLE ${staging} (LIKE ${target.sql} ${parts.map((part) => `INCLUDING ${part}`).join(' ')})` +
      (row?.method ? ` USING ${quoteName(row.method)}` : '') +
      (options ? ` WITH (${options})` : ''),
  )
  const loaded = new Set(spec.columns.map((column) => column.name))
  for (const { name, identity } of target.columns) {
    if (identity === null || loaded.has(name)) continue
    const [owned] = await session.select('SELECT pg_get_serial_sequence($1, $2) AS sequence', [target.sql, name])
    await session.execute(
      `ALTER TABLE ${staging} ALTER COLUMN ${quoteName(name)} SET DEFAULT nextval(${quoteLiteral(owned?.sequence ?? '')})`,
    )
  }
}

async function createColumnsOnly(session: Session, spec: LoadSpec, place: TargetPlace, staging: string): Promise<void> {
  const existing = new Map(place.table?.columns.map((column) => [column.name, column]))
  const loaded = spec.columns.flatMap((column) => existing.get(column.name) ?? [])
  await session.execute(
    `CREATE UNLOGGED TABLE ${staging} AS SELECT ${columnList(loaded.map((column) => column.name))} FROM ${place.sql} WITH NO DATA`,
  )
  // A trigger may fill what is NULL here; otherwise a NULL shall fail now, not at the end.
  if (place.table?.hasTriggers) return
  for (const column of loaded.filter((column) => column.notNull)) {
    await session.execute(`ALTER TABLE ${staging} ALTER COLUMN ${quoteName(column.name)} SET NOT NULL`)
  }
}

/** What `plan` announced, on staging or on the target itself. */
export async function applyChanges(
  session: Session,
  table: string,
  spec: LoadSpec,
  columns?: readonly TargetColumn[],
): Promise<void> {
  const present = new Map(columns?.map((column) => [column.name, column.type]))
  for (const change of spec.changes) {
    if (change.kind === 'create-table') continue
    const name = quoteName(change.column)
    if (change.kind === 'add-column') {
      if (present.has(change.column)) continue
      await session.execute(`ALTER TABLE ${table} ADD COLUMN ${name} ${change.type}`)
    } else if (present.get(change.column) !== change.to) {
      await session.execute(`ALTER TABLE ${table} ALTER COLUMN ${name} TYPE ${change.to}`)
    }
  }
}
