import { ConfigError } from '@millrace/core'
import type { LossEntry } from '@millrace/formats'
import { interruptedLoad, savedSpec } from '../kit/saved-load.ts'
import type { Interrupted, LoadSpec, PublishResult } from '../kit/sink.ts'
import type { CursorMark, FinishedChunk } from '../kit/source.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { text } from './sink-catalog.ts'
import { sqlState } from './sink-errors.ts'
import { type Session, transaction } from './sink-sessions.ts'

/**
 * What the destination remembers of loads, in its own schema.
 *
 * `loads.epoch` counts the processes that took a load up; whoever writes with an older one has lost
 * the load. `chunks` and `unlogged_chunks` hold the same things: a crash of the server empties
 * unlogged tables, so the chunks of an unlogged staging table are recorded where they vanish with
 * its rows. `xid` is the transaction that wrote the chunk, and thereby the mark of its rows.
 */
const tables = `
  CREATE TABLE IF NOT EXISTS _millrace.loads (
    key text PRIMARY KEY,
    epoch bigint NOT NULL,
    target text NOT NULL,
    status text NOT NULL CHECK (status IN ('loading', 'published')),
    logged boolean NOT NULL,
    swap boolean NOT NULL,
    spec json NOT NULL,
    result json,
    updated_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE IF NOT EXISTS _millrace.chunks (
    key text NOT NULL, id text NOT NULL, rows bigint NOT NULL, xid xid NOT NULL, ledger json NOT NULL, PRIMARY KEY (key, id)
  );
  CREATE UNLOGGED TABLE IF NOT EXISTS _millrace.unlogged_chunks (LIKE _millrace.chunks INCLUDING ALL);
  CREATE TABLE IF NOT EXISTS _millrace.state (
    key text PRIMARY KEY, cursor text NOT NULL, keys json NOT NULL, updated_at timestamptz NOT NULL DEFAULT now()
  )`

export const stagingTable = (key: string): string => `_millrace.${quoteName(`s_${key}`)}`

export const chunkTable = (logged: boolean): string => (logged ? '_millrace.chunks' : '_millrace.unlogged_chunks')

/** Also proves that this user may use what another one has made. */
async function present(session: Session): Promise<boolean> {
  const [row] = await session.select(
    `SELECT quote_ident(current_user) AS name,
            CASE WHEN s.oid IS NULL THEN 'absent'
                 WHEN NOT has_schema_privilege(s.oid, 'USAGE') OR NOT has_schema_privilege(s.oid, 'CREATE') THEN 'closed'
                 WHEN EXISTS (SELECT FROM pg_class t WHERE t.relnamespace = s.oid AND t.relname = ANY ($1::text[])
                                AND NOT (has_table_privilege(t.oid, 'SELECT') AND has_table_privilege(t.oid, 'INSERT')
                                     AND has_table_privilege(t.oid, 'UPDATE') AND has_table_privilege(t.oid, 'DELETE'))) THEN 'closed'
                 WHEN (SELECT count(*) FROM pg_class t WHERE t.relnamespace = s.oid AND t.relname = ANY ($1::text[])) < 4 THEN 'absent'
                 ELSE 'open' END AS access
       FROM (SELECT to_regnamespace('_millrace')::oid AS oid) AS s`,
    [['loads', 'chunks', 'unlogged_chunks', 'state']],
  )
  if (row?.access !== 'closed') return row?.access === 'open'
  throw new ConfigError('PERMISSION_DENIED', {
    message:
      `The user ${row.name} may not use the schema _millrace, which keeps track of loads. Let its owner run: ` +
      `GRANT USAGE, CREATE ON SCHEMA _millrace TO ${row.name}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA _millrace TO ${row.name};`,
  })
}

export async function createBookkeeping(session: Session): Promise<void> {
  if (await present(session)) return
  try {
    await transaction(session, async () => {
      // CREATE … IF NOT EXISTS of two processes at once fails in one of them.
      await session.execute(`SELECT pg_advisory_xact_lock(hashtextextended('millrace bookkeeping', 0))`)
      // An administrator may have made the schema alone, for a user who may not create one.
      const [schema] = await session.select(`SELECT to_regnamespace('_millrace')::text AS name`)
      if (!schema?.name) await session.execute('CREATE SCHEMA _millrace')
      await session.client.query(tables)
    })
  } catch (error) {
    if (sqlState(error) !== '42501') throw error
    const [row] = await session.select(
      'SELECT quote_ident(current_database()) AS database, quote_ident(current_user) AS name',
    )
    throw new ConfigError('PERMISSION_DENIED', {
      message:
        `The user ${row?.name} may not create the schema _millrace, which keeps track of loads. ` +
        `Let an administrator run: CREATE SCHEMA _millrace AUTHORIZATION ${row?.name}; (or GRANT CREATE ON DATABASE ${row?.database} TO ${row?.name};)`,
      cause: error,
    })
  }
}

export interface LoadRecord extends Interrupted {
  readonly epoch: string
  /** Whether staging survives a crash of the server. */
  readonly logged: boolean
  /** Whether staging has the shape in which it can become the target. */
  readonly swap: boolean
}

export async function readLoad(session: Session, key: string): Promise<LoadRecord | null> {
  if (!(await present(session))) return null
  const [row] = await session.select(
    `SELECT epoch::text, status, CASE WHEN logged THEN 'y' END AS logged, CASE WHEN swap THEN 'y' END AS swap,
            spec::text, result::text, to_regclass($2)::text AS staging
       FROM _millrace.loads WHERE key = $1`,
    [key, stagingTable(key)],
  )
  if (row === undefined) return null
  const logged = row.logged === 'y'
  const status = row.status === 'published' ? 'published' : 'loading'
  // Chunks without a staging table are of rows that somebody dropped.
  const chunks =
    status === 'loading' && row.staging === null
      ? []
      : await session.select(
          `SELECT id, rows::text, ledger::text FROM ${chunkTable(logged)} WHERE key = $1 ORDER BY id`,
          [key],
        )
  const interrupted = interruptedLoad({
    key,
    status,
    spec: text(row, 'spec'),
    published: row.result ?? null,
    chunks: chunks.map((chunk) => ({
      id: text(chunk, 'id'),
      rows: Number(chunk.rows),
      ledger: JSON.parse(text(chunk, 'ledger')) as LossEntry[],
    })),
  })
  return { ...interrupted, epoch: text(row, 'epoch'), logged, swap: row.swap === 'y' }
}

/** Writes or takes over the record of a load and returns its new epoch. */
export async function recordLoad(
  session: Session,
  spec: LoadSpec,
  shape: { readonly target: string; readonly logged: boolean; readonly swap: boolean },
): Promise<string> {
  const [row] = await session.select(
    `INSERT INTO _millrace.loads (key, epoch, target, status, logged, swap, spec) VALUES ($1, 1, $2, 'loading', $3, $4, $5)
     ON CONFLICT (key) DO UPDATE
        SET epoch = loads.epoch + 1, target = $2, status = 'loading', logged = $3, swap = $4, spec = $5, result = NULL, updated_at = now()
     RETURNING epoch::text`,
    [spec.key, shape.target, shape.logged, shape.swap, savedSpec(spec)],
  )
  return text(row ?? {}, 'epoch')
}

export async function takeOver(session: Session, key: string): Promise<string> {
  const [row] = await session.select(
    'UPDATE _millrace.loads SET epoch = epoch + 1, updated_at = now() WHERE key = $1 RETURNING epoch::text',
    [key],
  )
  return text(row ?? {}, 'epoch')
}

/** Within a chunk's transaction. False when another process has taken the load over, or published it. */
export async function recordChunk(
  session: Session,
  load: { readonly key: string; readonly epoch: string; readonly logged: boolean },
  chunk: FinishedChunk,
  ledger: readonly LossEntry[],
): Promise<boolean> {
  const written = await session.execute(
    `INSERT INTO ${chunkTable(load.logged)} (key, id, rows, xid, ledger)
     SELECT key, $3, $4, (txid_current() % 4294967296)::text::xid, $5
       FROM _millrace.loads WHERE key = $1 AND epoch = $2 AND status = 'loading' FOR SHARE`,
    [load.key, load.epoch, chunk.id, chunk.rows, JSON.stringify(ledger)],
  )
  return written === 1
}

/** Removes the rows of chunks from staging, and their records. */
export async function forgetChunks(
  session: Session,
  load: { readonly key: string; readonly logged: boolean },
  ids: readonly string[],
): Promise<void> {
  const gone = await session.select(
    `DELETE FROM ${chunkTable(load.logged)} WHERE key = $1 AND id = ANY($2::text[]) RETURNING xid::text`,
    [load.key, ids],
  )
  if (gone.length === 0) return
  const [left] = await session.select(
    `SELECT count(*)::text AS chunks FROM ${chunkTable(load.logged)} WHERE key = $1`,
    [load.key],
  )
  if (left?.chunks === '0') await session.execute(`TRUNCATE ${stagingTable(load.key)}`)
  else {
    await session.execute(`DELETE FROM ${stagingTable(load.key)} WHERE xmin::text = ANY($1::text[])`, [
      gone.map((row) => row.xid),
    ])
  }
}

export async function forgetLoad(session: Session, key: string): Promise<void> {
  await transaction(session, async () => {
    await session.execute(`DROP TABLE IF EXISTS ${stagingTable(key)}`)
    await session.execute('DELETE FROM _millrace.chunks WHERE key = $1', [key])
    await session.execute('DELETE FROM _millrace.unlogged_chunks WHERE key = $1', [key])
    await session.execute('DELETE FROM _millrace.loads WHERE key = $1', [key])
  })
}

export async function savePublished(
  session: Session,
  key: string,
  result: PublishResult,
  state: LoadSpec['state'],
): Promise<void> {
  await session.execute(
    `UPDATE _millrace.loads SET status = 'published', result = $2, updated_at = now() WHERE key = $1`,
    [key, JSON.stringify(result)],
  )
  if (state === undefined) return
  await session.execute(
    `INSERT INTO _millrace.state (key, cursor, keys) VALUES ($1, $2, $3)
     ON CONFLICT (key) DO UPDATE SET cursor = $2, keys = $3, updated_at = now()`,
    [state.key, state.mark.cursor, JSON.stringify(state.mark.keys)],
  )
}

export async function readPipelineState(session: Session, key: string): Promise<CursorMark | null> {
  if (!(await present(session))) return null
  const [row] = await session.select('SELECT cursor, keys::text FROM _millrace.state WHERE key = $1', [key])
  return row ? { cursor: text(row, 'cursor'), keys: JSON.parse(text(row, 'keys')) as string[] } : null
}

/**
 * Holds the load for this session's life: a second process with the same key waits a moment, since
 * the server may still be noticing that a killed one is gone, and is then refused.
 */
export async function lockLoad(session: Session, key: string): Promise<void> {
  const id = 'hashtextextended($1, 0)'
  await session.execute(`SET lock_timeout = '3s'`)
  try {
    await session.execute(`SELECT pg_advisory_lock(${id})`, [`millrace load ${key}`])
  } catch (error) {
    if (sqlState(error) !== '55P03') throw error
    const [holder] = await session.select(
      `SELECT a.pid::text, a.application_name AS name, a.backend_start::text AS start, coalesce(a.client_addr::text, 'this machine') AS client
         FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (l.classid::bigint << 32 | l.objid::bigint) = ${id}`,
      [`millrace load ${key}`],
    )
    const who = holder
      ? `by server process ${holder.pid} (connected from ${holder.client} since ${holder.start})`
      : 'by another session'
    throw new ConfigError('LOAD_RUNNING', {
      message:
        `The same load is being run ${who}. Wait for it to end` +
        (holder
          ? `; if its process no longer exists, SELECT pg_terminate_backend(${holder.pid}) frees the load.`
          : '.'),
      details: { key, pid: holder?.pid },
    })
  } finally {
    if (session.alive) await session.execute('SET lock_timeout = 0')
  }
}
