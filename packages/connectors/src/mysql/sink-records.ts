import type { LossEntry } from '@millrace/formats'
import { interruptedLoad, savedSpec } from '../kit/saved-load.ts'
import type { Interrupted, LoadSpec, PublishResult } from '../kit/sink.ts'
import type { CursorMark } from '../kit/source.ts'
import { type Session, transaction } from './session.ts'
import { literal, qualified } from './sql-text.ts'

/**
 * What a load remembers stands in three tables of the target's database, so that it is one
 * transaction with the rows it speaks of. The life of a load:
 *
 *     loading → (append, merge, insert-only: one transaction) → published
 *     loading → publishing → [RENAME TABLE] → published
 *
 * A rename cannot be part of a transaction. `publishing` is written before it with the result, and
 * whether the rename has happened is told by the staging table: it is gone exactly when its rows
 * are visible under the target's name. `settle` finishes a publish that was cut off behind the rename.
 */
export interface Records {
  readonly database: string
  readonly loads: string
  readonly chunks: string
  readonly state: string
}

export type LoadStatus = 'loading' | 'publishing' | 'published'

export interface LoadRecord {
  readonly status: LoadStatus
  readonly interrupted: Interrupted
}

export function recordsOf(database: string): Records {
  return {
    database,
    loads: qualified(database, '_millrace_loads'),
    chunks: qualified(database, '_millrace_chunks'),
    state: qualified(database, '_millrace_state'),
  }
}

export function stagingName(key: string): string {
  return `_millrace_s_${key}`
}

/** The replaced table, until the load is complete. */
export function oldName(key: string): string {
  return `_millrace_o_${key}`
}

/** Marks a staged row with its chunk's number, so that a chunk can be taken back. */
export const chunkColumn = '_millrace_chunk'

const options = 'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin'

export async function createRecords(session: Session, records: Records): Promise<void> {
  if (await recordsExist(session, records)) return
  await session.execute(
    `CREATE TABLE IF NOT EXISTS ${records.loads} (load_key varchar(64) PRIMARY KEY, target longtext NOT NULL,
       status varchar(16) NOT NULL, spec longtext NOT NULL, published longtext NULL, started_at datetime(6) NOT NULL) ${options}`,
  )
  await session.execute(
    `CREATE TABLE IF NOT EXISTS ${records.chunks} (load_key varchar(64) NOT NULL, chunk_id varchar(64) NOT NULL,
       number int unsigned NOT NULL, row_count bigint NOT NULL, ledger longtext NOT NULL, PRIMARY KEY (load_key, chunk_id)) ${options}`,
  )
  await session.execute(
    `CREATE TABLE IF NOT EXISTS ${records.state} (state_key varchar(64) PRIMARY KEY, mark longtext NOT NULL,
       updated_at datetime(6) NOT NULL) ${options}`,
  )
}

export async function recordsExist(session: Session, records: Records): Promise<boolean> {
  const [row] = await session.select(
    `SELECT COUNT(*) AS n FROM information_schema.tables WHERE table_schema = ${literal(records.database)}
        AND table_name IN ('_millrace_loads', '_millrace_chunks', '_millrace_state')`,
  )
  return row?.n === '3'
}

export async function readLoad(session: Session, records: Records, key: string): Promise<LoadRecord | null> {
  if (!(await recordsExist(session, records))) return null
  const where = `WHERE load_key = ${literal(key)}`
  const [load] = await session.select(`SELECT status, spec, published FROM ${records.loads} ${where}`)
  if (!load) return null
  const chunks = await session.select(
    `SELECT chunk_id AS id, row_count AS n, ledger FROM ${records.chunks} ${where} ORDER BY chunk_id`,
  )
  const status = load.status as LoadStatus
  return {
    status,
    interrupted: interruptedLoad({
      key,
      status,
      spec: load.spec ?? '{}',
      published: status === 'published' ? (load.published ?? null) : null,
      chunks: chunks.map((chunk) => ({
        id: chunk.id ?? '',
        rows: Number(chunk.n),
        ledger: JSON.parse(chunk.ledger ?? '[]') as LossEntry[],
      })),
    }),
  }
}

export async function insertLoad(session: Session, records: Records, spec: LoadSpec, target: string): Promise<void> {
  await session.execute(
    `INSERT INTO ${records.loads} VALUES (${literal(spec.key)}, ${literal(target)}, 'loading', ${literal(savedSpec(spec))}, NULL, UTC_TIMESTAMP(6))`,
  )
}

export async function insertChunk(
  session: Session,
  records: Records,
  key: string,
  chunk: { readonly id: string; readonly number: number; readonly rows: number },
  ledger: readonly LossEntry[],
): Promise<void> {
  const values = [literal(key), literal(chunk.id), chunk.number, chunk.rows, literal(JSON.stringify(ledger))]
  await session.execute(`INSERT INTO ${records.chunks} VALUES (${values.join(', ')})`)
}

export async function chunkNumbers(
  session: Session,
  records: Records,
  key: string,
): Promise<ReadonlyMap<string, number>> {
  const rows = await session.select(
    `SELECT chunk_id AS id, number AS n FROM ${records.chunks} WHERE load_key = ${literal(key)}`,
  )
  return new Map(rows.map((row) => [row.id ?? '', Number(row.n)]))
}

export async function deleteChunks(
  session: Session,
  records: Records,
  key: string,
  ids: readonly string[],
): Promise<void> {
  await session.execute(
    `DELETE FROM ${records.chunks} WHERE load_key = ${literal(key)} AND chunk_id IN (${ids.map(literal).join(', ')})`,
  )
}

/** Before the rename: what the load will have published once the staging table is gone. */
export async function markPublishing(
  session: Session,
  records: Records,
  key: string,
  result: PublishResult,
): Promise<void> {
  await session.execute(
    `UPDATE ${records.loads} SET status = 'publishing', published = ${literal(JSON.stringify(result))} WHERE load_key = ${literal(key)}`,
  )
}

export async function markPublished(
  session: Session,
  records: Records,
  key: string,
  result: PublishResult,
  state: LoadSpec['state'],
): Promise<void> {
  await session.execute(
    `UPDATE ${records.loads} SET status = 'published', published = ${literal(JSON.stringify(result))} WHERE load_key = ${literal(key)}`,
  )
  if (!state) return
  const mark = literal(JSON.stringify(state.mark))
  await session.execute(
    `INSERT INTO ${records.state} VALUES (${literal(state.key)}, ${mark}, UTC_TIMESTAMP(6))
      ON DUPLICATE KEY UPDATE mark = VALUES(mark), updated_at = VALUES(updated_at)`,
  )
}

/** Decides every publish of a dead process that may have been cut off around its rename. */
export async function settle(session: Session, records: Records): Promise<void> {
  if (!(await recordsExist(session, records))) return
  const loads = await session.select(
    `SELECT load_key AS id, spec, published FROM ${records.loads} WHERE status = 'publishing'`,
  )
  for (const load of loads) {
    const key = load.id ?? ''
    const [lock] = await session.select(`SELECT IS_FREE_LOCK(${literal(lockName(records.database, key))}) AS free`)
    if (lock?.free === '0') continue
    const spec = JSON.parse(load.spec ?? '{}') as Interrupted['spec']
    const staging = await tableColumns(session, records.database, stagingName(key))
    if (staging.length === 0) {
      const result = JSON.parse(load.published ?? '{}') as PublishResult
      await transaction(session, () => markPublished(session, records, key, result, spec.state))
      continue
    }
    // The rename has not happened. Without the mark of its chunks the staging is of no more use.
    if (!staging.includes(chunkColumn)) {
      await session.execute(`DELETE FROM ${records.chunks} WHERE load_key = ${literal(key)}`)
      await session.execute(`DROP TABLE ${qualified(records.database, stagingName(key))}`)
    }
    await session.execute(
      `UPDATE ${records.loads} SET status = 'loading', published = NULL WHERE load_key = ${literal(key)}`,
    )
  }
}

/** Names of a table's columns; empty when there is none. */
export async function tableColumns(session: Session, database: string, table: string): Promise<string[]> {
  const rows = await session.select(
    `SELECT column_name AS name FROM information_schema.columns
      WHERE table_schema = ${literal(database)} AND table_name = ${literal(table)} ORDER BY ordinal_position`,
  )
  return rows.map((row) => row.name ?? '')
}

export async function readMark(session: Session, records: Records, key: string): Promise<CursorMark | null> {
  if (!(await recordsExist(session, records))) return null
  const [row] = await session.select(`SELECT mark FROM ${records.state} WHERE state_key = ${literal(key)}`)
  return row?.mark == null ? null : (JSON.parse(row.mark) as CursorMark)
}

/** Drops staging, what a replace has left of the old table, and the record, which goes last. */
export async function forgetLoad(session: Session, records: Records, key: string): Promise<void> {
  await session.execute(`DROP TABLE IF EXISTS ${qualified(records.database, stagingName(key))}`)
  await session.execute(`DROP TABLE IF EXISTS ${qualified(records.database, oldName(key))}`)
  await transaction(session, async () => {
    await session.execute(`DELETE FROM ${records.chunks} WHERE load_key = ${literal(key)}`)
    await session.execute(`DELETE FROM ${records.loads} WHERE load_key = ${literal(key)}`)
  })
}

/** Locks belong to the whole server and have at most 64 characters. */
export function lockName(database: string, key: string): string {
  let hash = 0
  for (const character of database) hash = (Math.imul(hash, 31) + (character.codePointAt(0) as number)) >>> 0
  return `millrace:${hash.toString(36)}:${key}`
}
