import { ConfigError, DataError, TransientError } from '@millrace/core'
import type { LoadSpec, PublishResult } from '../kit/sink.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { stagingTable } from './sink-bookkeeping.ts'
import { columnList, columnsOfTable, locate, type TargetPlace, type TargetTable, text } from './sink-catalog.ts'
import { sqlState } from './sink-errors.ts'
import { advanceSequences } from './sink-sequences.ts'
import type { Session } from './sink-sessions.ts'
import { applyChanges } from './sink-staging.ts'
import { buildIndexes, moveIntoPlace, swap } from './sink-swap.ts'
import { canSwap } from './sink-swappable.ts'
import { insertMissing, replaceByKey, type StagedLoad, updateMatching } from './sink-upsert.ts'

export interface Publication {
  readonly session: Session
  readonly spec: LoadSpec
  /** Whether staging has the shape of the target. */
  readonly swap: boolean
  /** Rows of the finished chunks. */
  readonly staged: number
}

/** A waiting exclusive lock makes everybody else wait behind it, so it gives up soon and comes back. */
const lockWaitMs = 2_000
const lockAttempts = 30

/**
 * Makes the staged rows visible, within the caller's transaction. Whatever the mode, readers see the
 * target as it was until the commit and as it shall be from then on.
 */
export async function publishRows(publication: Publication): Promise<PublishResult> {
  const { session, spec, staged } = publication
  const { target, mode } = spec
  if (target.kind !== 'table')
    throw new ConfigError('TARGET_NOT_A_TABLE', { message: 'PostgreSQL takes tables, not files.' })
  const place = await locate(session, target.table)
  refuseChangedTarget(place, spec)
  const staging = stagingTable(spec.key)
  const keyed = mode === 'merge' || mode === 'insert-only'
  if (keyed) await requireKeys(session, staging, spec.keys)
  if (place.table === null) return createTarget(publication, place, staging)
  if (mode === 'replace') return replace(publication, place.table, staging)

  const table = await takeRows(session, place.table, spec)
  const load = { session, spec, staging, target: table.sql }
  if (keyed) await session.execute(`ANALYZE ${staging}`)
  const updated = mode === 'merge' ? await updateMatching(load) : 0
  const inserted = mode === 'append' ? await insertAll(load) : await insertMissing(load)
  await session.execute(`DROP TABLE ${staging}`)
  await advanceSequences(session, table, spec.columns)
  return { inserted, updated, skipped: mode === 'insert-only' ? staged - inserted : 0 }
}

async function createTarget(
  { session, spec, staged }: Publication,
  place: TargetPlace,
  staging: string,
): Promise<PublishResult> {
  if (spec.mode === 'merge' || spec.mode === 'insert-only') {
    await session.execute(`CREATE UNIQUE INDEX ON ${staging} (${columnList(spec.keys)})`)
  }
  await session.execute(`ANALYZE ${staging}`)
  await moveIntoPlace(session, staging, spec.key, place)
  return { inserted: staged, updated: 0, skipped: 0, ...(spec.mode === 'replace' ? { replaced: 0 } : {}) }
}

async function replace(publication: Publication, place: TargetTable, staging: string): Promise<PublishResult> {
  const { session, spec, staged } = publication
  if (staged === 0 && !spec.allowEmpty) await refuseEmpty(session, place)
  if (publication.swap && (await canSwap(session, place))) {
    // Holds off changes of the definition that is copied now; readers and writers go on.
    const target = await lock(session, place, 'SHARE UPDATE EXCLUSIVE', spec)
    if ((await canSwap(session, target)) && (await sameColumns(session, target, staging, spec))) {
      const indexes = await buildIndexes(session, staging, spec.key, target)
      await session.execute(`ANALYZE ${staging}`)
      await lock(session, target, 'ACCESS EXCLUSIVE', spec)
      if ((await canSwap(session, target)) && (await trySwap(publication, target, staging, indexes))) {
        const after = await locate(session, { scope: [target.schema], name: target.name })
        if (after.table) await advanceSequences(session, after.table, spec.columns)
        return { inserted: staged, updated: 0, skipped: 0 }
      }
    }
  }
  const target = await takeRows(session, place, spec)
  const load = { session, spec, staging, target: target.sql }
  const result = (await replaceByKey(load, target)) ?? {
    replaced: await session.execute(`DELETE FROM ${target.sql}`),
    inserted: await insertAll(load),
  }
  await session.execute(`DROP TABLE ${staging}`)
  await advanceSequences(session, target, spec.columns)
  return { inserted: result.inserted, updated: 0, skipped: 0, replaced: result.replaced }
}

/** Locks the table as far as the mode needs, and changes its columns as planned. */
async function takeRows(session: Session, place: TargetTable, spec: LoadSpec): Promise<TargetTable> {
  const rows = spec.mode === 'append' ? 'ROW EXCLUSIVE' : 'SHARE ROW EXCLUSIVE'
  const table = await lock(session, place, spec.changes.length > 0 ? 'ACCESS EXCLUSIVE' : rows, spec)
  await applyChanges(session, table.sql, spec, table.columns)
  return table
}

function refuseChangedTarget(place: TargetPlace, spec: LoadSpec): void {
  const planned = spec.changes.some((change) => change.kind === 'create-table')
  if ((place.table === null) === planned) return
  throw new ConfigError('TARGET_CHANGED', {
    message: `${place.schema}.${place.name} was ${planned ? 'created' : 'dropped'} by somebody else while the load was running. Run the copy again with --restart.`,
  })
}

/** False when something hangs on the table that the catalogue check does not know: then the rows are exchanged in place. */
async function trySwap(
  { session, spec }: Publication,
  target: TargetTable,
  staging: string,
  indexes: Awaited<ReturnType<typeof buildIndexes>>,
): Promise<boolean> {
  await session.execute('SAVEPOINT swap')
  try {
    await swap(session, staging, spec.key, target, indexes)
    await session.execute('RELEASE SAVEPOINT swap')
    return true
  } catch (error) {
    if (sqlState(error) !== '2BP01') throw error
    await session.execute('ROLLBACK TO SAVEPOINT swap')
    return false
  }
}

/** The double was made when the load began; a column that came or changed since then is not in it. */
async function sameColumns(session: Session, target: TargetTable, staging: string, spec: LoadSpec): Promise<boolean> {
  const double = new Map((await columnsOfTable(session, staging)).map((column) => [column.name, column]))
  const changed = new Set(spec.changes.flatMap((change) => (change.kind === 'create-table' ? [] : [change.column])))
  return (
    target.columns.every(({ name, type, notNull, generated }) => {
      const twin = double.get(name)
      return (
        twin !== undefined &&
        (changed.has(name) || (twin.type === type && twin.notNull === notNull && twin.generated === generated))
      )
    }) && [...double.keys()].every((name) => changed.has(name) || target.columns.some((column) => column.name === name))
  )
}

async function insertAll({ session, spec, staging, target }: StagedLoad): Promise<number> {
  const columns = columnList(spec.columns.map((column) => column.name))
  return session.execute(`INSERT INTO ${target} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM ${staging}`)
}

async function refuseEmpty(session: Session, target: TargetTable): Promise<void> {
  const [row] = await session.select(`SELECT count(*)::text AS rows FROM ${target.sql}`)
  if (row?.rows === '0') return
  throw new ConfigError('EMPTY_REPLACE', {
    message:
      `The source has no rows, and replacing ${target.schema}.${target.name} by them would lose its ${row?.rows} rows. ` +
      'Run again with --allow-empty if that is what you want.',
    details: { rows: Number(row?.rows) },
  })
}

async function requireKeys(session: Session, staging: string, keys: readonly string[]): Promise<void> {
  const columns = columnList(keys)
  const named = keys.map((key) => `"${key}"`).join(', ')
  const example = `json_build_object(${keys.map((_, index) => `$${index + 1}::text, ${quoteName(keys[index] as string)}`).join(', ')})::text`
  const [empty] = await session.select(
    `SELECT ${example} AS example FROM ${staging} WHERE ${keys.map((key) => `${quoteName(key)} IS NULL`).join(' OR ')} LIMIT 1`,
    keys,
  )
  if (empty) {
    throw new DataError('NULL_KEY', {
      message: `A staged row has NULL in the key (${named}): ${empty.example}. Leave such rows out, or choose other keys.`,
      details: { keys },
    })
  }
  const [twice] = await session.select(
    `SELECT ${example} AS example, count(*)::text AS times FROM ${staging} GROUP BY ${columns} HAVING count(*) > 1 LIMIT 1`,
    keys,
  )
  if (twice) {
    throw new DataError('DUPLICATE_KEY', {
      message: `The key (${named}) does not identify a row: ${twice.example} comes ${twice.times} times. Choose keys that are unique in the source.`,
      details: { keys },
    })
  }
}

/** Returns the table as it is under the lock: until then another load may have put a new one in its place. */
async function lock(session: Session, target: TargetTable, mode: string, spec: LoadSpec): Promise<TargetTable> {
  await session.execute(`SET LOCAL lock_timeout = ${lockWaitMs}`)
  for (let attempt = 1; ; attempt++) {
    await session.execute('SAVEPOINT target_lock')
    try {
      await session.execute(`LOCK TABLE ${target.sql} IN ${mode} MODE`)
      break
    } catch (error) {
      if (sqlState(error) !== '55P03') throw error
      await session.execute('ROLLBACK TO SAVEPOINT target_lock')
      if (attempt === lockAttempts) throw await lockedBy(session, target, error)
      // Lets through those who queued up behind the attempt.
      await session.execute('SELECT pg_sleep($1)', [Math.min(attempt * 0.1, 1)])
    }
  }
  await session.execute('RELEASE SAVEPOINT target_lock')
  await session.execute('SET LOCAL lock_timeout = 0')
  const place = await locate(session, { scope: [target.schema], name: target.name })
  refuseChangedTarget(place, spec)
  return place.table ?? target
}

async function lockedBy(session: Session, target: TargetTable, cause: unknown): Promise<TransientError> {
  const rows = await session.select(
    `SELECT a.pid::text, a.usename::text AS name, coalesce(nullif(a.application_name, ''), 'unnamed') AS application,
            date_trunc('second', now() - a.xact_start)::text AS age
       FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.relation = $1::oid AND l.granted AND l.pid <> pg_backend_pid() ORDER BY a.xact_start LIMIT 3`,
    [target.oid],
  )
  const holders = rows.map(
    (row) =>
      `server process ${row.pid} (${text(row, 'name')}, ${row.application}, in a transaction since ${row.age ?? 'now'})`,
  )
  return new TransientError('TARGET_LOCKED', {
    message:
      `${target.schema}.${target.name} is kept locked by ${holders.join(' and ') || 'another session'}. ` +
      'All rows are staged; run the same command again when that transaction has ended.',
    cause,
  })
}
