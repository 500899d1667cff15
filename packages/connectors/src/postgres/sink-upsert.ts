import { ConfigError } from '@millrace/core'
import type { LoadSpec } from '../kit/sink.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { columnList, type TargetTable, text } from './sink-catalog.ts'
import type { Session } from './sink-sessions.ts'

export interface StagedLoad {
  readonly session: Session
  readonly spec: LoadSpec
  /** Quoted names. */
  readonly staging: string
  readonly target: string
}

/** Staged keys are never NULL, so a target row with a NULL in its key matches nothing. */
const matching = (keys: readonly string[]) =>
  keys.map((key) => `t.${quoteName(key)} = s.${quoteName(key)}`).join(' AND ')

const names = ({ spec }: StagedLoad) => spec.columns.map((column) => column.name)

export async function updateMatching(load: StagedLoad): Promise<number> {
  const { session, spec, staging, target } = load
  const values = names(load).filter((name) => !spec.keys.includes(name))
  if (values.length === 0) return 0
  const assignments = values.map((name) => `${quoteName(name)} = s.${quoteName(name)}`)
  return session.execute(
    `UPDATE ${target} AS t SET ${assignments.join(', ')} FROM ${staging} AS s WHERE ${matching(spec.keys)}`,
  )
}

export async function insertMissing(load: StagedLoad, keys: readonly string[] = load.spec.keys): Promise<number> {
  const { session, staging, target } = load
  const columns = names(load)
  return session.execute(
    `INSERT INTO ${target} (${columnList(columns)}) OVERRIDING SYSTEM VALUE
     SELECT ${columns.map((name) => `s.${quoteName(name)}`).join(', ')} FROM ${staging} AS s
      WHERE NOT EXISTS (SELECT FROM ${target} AS t WHERE ${matching(keys)})`,
  )
}

/**
 * Replaces the rows of a table that foreign keys of other tables point to. Deleting all of them
 * first would fail, or delete the other tables' rows, so only rows that the source no longer has are
 * deleted. Null when nothing points to the table.
 */
export async function replaceByKey(
  load: StagedLoad,
  table: TargetTable,
): Promise<{ readonly replaced: number; readonly inserted: number } | null> {
  const { session, staging, target, spec } = load
  const referenced = await session.select(
    `SELECT (SELECT json_agg(a.attname ORDER BY k.position)::text
               FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, position)
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
              WHERE k.position <= i.indnkeyatts) AS key
       FROM pg_constraint f JOIN pg_index i ON i.indexrelid = f.conindid
      WHERE f.contype = 'f' AND f.confrelid = $1::oid AND f.conrelid <> f.confrelid
      ORDER BY i.indisprimary DESC LIMIT 1`,
    [table.oid],
  )
  if (referenced[0] === undefined) return null
  const keys = JSON.parse(text(referenced[0], 'key')) as string[]
  const loaded = names(load)
  if (!keys.every((key) => loaded.includes(key))) {
    throw new ConfigError('REPLACE_BREAKS_REFERENCES', {
      message: `Other tables refer to ${table.schema}.${table.name} by (${keys.join(', ')}), which the source does not have, so its rows cannot be replaced. Add these columns to the query, or use --mode merge.`,
    })
  }
  await session.execute(`ANALYZE ${staging}`)
  const [before] = await session.select(`SELECT count(*)::text AS rows FROM ${target}`)
  await session.execute(
    `DELETE FROM ${target} AS t WHERE NOT EXISTS (SELECT FROM ${staging} AS s WHERE ${matching(keys)})`,
  )
  const assignments = table.columns
    .filter(
      ({ name, generated, identity }) =>
        !keys.includes(name) && !generated && (identity === null || loaded.includes(name)),
    )
    .map(({ name }) => `${quoteName(name)} = ${loaded.includes(name) ? `s.${quoteName(name)}` : 'DEFAULT'}`)
  const added = spec.changes.flatMap((change) =>
    change.kind === 'add-column' && !table.columns.some((column) => column.name === change.column)
      ? [`${quoteName(change.column)} = s.${quoteName(change.column)}`]
      : [],
  )
  const all = [...assignments, ...added]
  const updated =
    all.length === 0
      ? 0
      : await session.execute(
          `UPDATE ${target} AS t SET ${all.join(', ')} FROM ${staging} AS s WHERE ${matching(keys)}`,
        )
  const inserted = await insertMissing(load, keys)
  return { replaced: Number(before?.rows), inserted: updated + inserted }
}
