import type { DatabaseSync } from 'node:sqlite'
import type { LossEntry } from '@millrace/formats'
import { interruptedLoad, savedSpec } from '../kit/saved-load.ts'
import type { Interrupted, LoadSpec, PublishResult } from '../kit/sink.ts'
import type { CursorMark } from '../kit/source.ts'
import { selectCount, selectRows } from './database.ts'
import { tableExists } from './sink-target.ts'

/** A chunk's rows stand together in the staging table: it was filled by one transaction. */
export interface ChunkRecord {
  readonly id: string
  readonly rows: number
  readonly afterRowid: number
  readonly ledger: readonly LossEntry[]
}

export function createRecords(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE IF NOT EXISTS _millrace_loads (key TEXT PRIMARY KEY, status TEXT NOT NULL, spec TEXT NOT NULL, published TEXT);
    CREATE TABLE IF NOT EXISTS _millrace_chunks (key TEXT, id TEXT, row_count INTEGER NOT NULL, after_rowid INTEGER NOT NULL, ledger TEXT NOT NULL, PRIMARY KEY (key, id));
    CREATE TABLE IF NOT EXISTS _millrace_state (key TEXT PRIMARY KEY, mark TEXT NOT NULL, updated_at TEXT NOT NULL);`)
}

export function readLoad(database: DatabaseSync, key: string): Interrupted | null {
  if (!tableExists(database, '_millrace_loads')) return null
  const [load] = selectRows(database, 'SELECT status, spec, published FROM _millrace_loads WHERE key = ?', key)
  if (!load) return null
  const [status, spec, published] = load
  return interruptedLoad({
    key,
    status: String(status),
    spec: String(spec),
    published: published === null ? null : String(published),
    chunks: readChunks(database, key),
  })
}

export function readChunks(database: DatabaseSync, key: string): ChunkRecord[] {
  const rows = selectRows(
    database,
    'SELECT id, row_count, after_rowid, ledger FROM _millrace_chunks WHERE key = ? ORDER BY id',
    key,
  )
  return rows.map(([id, count, after, ledger]) => ({
    id: String(id),
    rows: Number(count),
    afterRowid: Number(after),
    ledger: JSON.parse(String(ledger)) as LossEntry[],
  }))
}

export function insertLoad(database: DatabaseSync, spec: LoadSpec): void {
  createRecords(database)
  database.prepare("INSERT INTO _millrace_loads VALUES (?, 'loading', ?, NULL)").run(spec.key, savedSpec(spec))
}

export function insertChunk(database: DatabaseSync, key: string, chunk: ChunkRecord): void {
  database
    .prepare('INSERT INTO _millrace_chunks VALUES (?, ?, ?, ?, ?)')
    .run(key, chunk.id, chunk.rows, chunk.afterRowid, JSON.stringify(chunk.ledger))
}

export function deleteChunk(database: DatabaseSync, key: string, id: string): void {
  database.prepare('DELETE FROM _millrace_chunks WHERE key = ? AND id = ?').run(key, id)
}

export function markPublished(database: DatabaseSync, spec: LoadSpec, result: PublishResult): void {
  database
    .prepare("UPDATE _millrace_loads SET status = 'published', published = ? WHERE key = ?")
    .run(JSON.stringify(result), spec.key)
  if (!spec.state) return
  database
    .prepare('INSERT OR REPLACE INTO _millrace_state VALUES (?, ?, ?)')
    .run(spec.state.key, JSON.stringify(spec.state.mark), new Date().toISOString())
}

export function readMark(database: DatabaseSync, key: string): CursorMark | null {
  if (!tableExists(database, '_millrace_state')) return null
  const [row] = selectRows(database, 'SELECT mark FROM _millrace_state WHERE key = ?', key)
  return row ? (JSON.parse(String(row[0])) as CursorMark) : null
}

/** Forgets a load; tables that are empty then go too. */
export function deleteLoad(database: DatabaseSync, key: string): void {
  if (!tableExists(database, '_millrace_loads')) return
  database.prepare('DELETE FROM _millrace_chunks WHERE key = ?').run(key)
  database.prepare('DELETE FROM _millrace_loads WHERE key = ?').run(key)
  if (selectCount(database, 'SELECT count(*) FROM _millrace_loads') > 0) return
  database.exec('DROP TABLE _millrace_loads; DROP TABLE _millrace_chunks;')
  if (selectCount(database, 'SELECT count(*) FROM _millrace_state') === 0) database.exec('DROP TABLE _millrace_state')
}
