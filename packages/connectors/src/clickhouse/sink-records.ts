import type { LossEntry } from '@millrace/formats'
import { interruptedLoad, savedSpec } from '../kit/saved-load.ts'
import type { Interrupted, LoadSpec, PublishResult } from '../kit/sink.ts'
import type { CursorMark } from '../kit/source.ts'
import type { ClickhouseHttp } from './http.ts'
import { readRows } from './read-table.ts'
import { type Session, writing } from './session.ts'
import { qualified, quoteText } from './sql-text.ts'

/**
 * What a load remembers: events in a table of the target's database, a partition for each load, so that
 * forgetting one is a single step. ClickHouse has no transactions, so every step of a load is either one
 * statement that is atomic by itself, or can be told from its outside whether it has happened:
 *
 *     loading → publishing (what will have happened, and how that is seen) → [one step] → published
 *
 * `settle` in `publish.ts` finishes a publish that was cut off.
 */
export interface Records {
  readonly database: string
  readonly loads: string
  readonly state: string
}

export interface StagedChunk {
  readonly id: string
  /** The table that holds its rows, and nothing else; null for a chunk without rows. */
  readonly table: string | null
  readonly rows: number
  readonly ledger: readonly LossEntry[]
}

/** How the rows become visible, and how that is seen later. */
export interface Publishing {
  readonly step: 'rename' | 'exchange' | 'move'
  /** The table whose rows they are. */
  readonly from: string
  readonly target: string
  /** Of `from`, before the step: after an exchange the target has it. */
  readonly uuid: string
  readonly result: PublishResult
}

export interface LoadRecord {
  readonly key: string
  readonly interrupted: Interrupted
  readonly chunks: readonly StagedChunk[]
  readonly publishing: Publishing | null
}

interface Event {
  readonly kind: string
  readonly payload: string
}

export function recordsOf(database: string): Records {
  return {
    database,
    loads: qualified(database, '_millrace_loads'),
    state: qualified(database, '_millrace_state'),
  }
}

export const stagingPrefix = (key: string) => `_millrace_s_${key}_`

export async function createRecords({ http }: Session, { loads, state }: Records): Promise<void> {
  // The order of events is the server's: several machines may write them.
  await http.run({
    sql: `CREATE TABLE IF NOT EXISTS ${loads} (load_key String, kind String, payload String, at DateTime64(6) DEFAULT now64(6))
      ENGINE = MergeTree PARTITION BY load_key ORDER BY (load_key, at)`,
  })
  await http.run({
    sql: `CREATE TABLE IF NOT EXISTS ${state} (state_key String, mark String, at DateTime64(6) DEFAULT now64(6))
      ENGINE = ReplacingMergeTree(at) ORDER BY state_key`,
  })
}

export async function recordsExist({ http }: Session, { database }: Records): Promise<boolean> {
  const sql = `SELECT count() FROM system.tables WHERE database = ${quoteText(database)} AND name IN ('_millrace_loads', '_millrace_state')`
  const [row] = await readRows(http, { sql })
  return row?.[0] === '2'
}

export async function addEvent(
  http: ClickhouseHttp,
  { loads }: Records,
  key: string,
  kind: string,
  payload: unknown,
): Promise<void> {
  await insertTexts(http, `${loads} (load_key, kind, payload)`, [key, kind, JSON.stringify(payload)])
}

export function loadEvent(spec: LoadSpec, target: string) {
  return { target, spec: savedSpec(spec) }
}

export async function saveState(
  http: ClickhouseHttp,
  { state }: Records,
  { key, mark }: NonNullable<LoadSpec['state']>,
): Promise<void> {
  await insertTexts(http, `${state} (state_key, mark)`, [key, JSON.stringify(mark)])
}

/** As data, not in the statement: that may have 256 KiB only. */
async function insertTexts(http: ClickhouseHttp, into: string, texts: readonly string[]): Promise<void> {
  const cell = (text: string) => text.replace(/[\\\t\n]/g, (letter) => ({ '\t': '\\t', '\n': '\\n' })[letter] ?? '\\\\')
  async function* bytes() {
    yield Buffer.from(`${texts.map(cell).join('\t')}\n`)
  }
  await http.insert({ sql: `INSERT INTO ${into} FORMAT TabSeparated`, bytes: bytes(), settings: writing })
}

export async function readEvents(
  { http }: Session,
  { loads }: Records,
  where: string,
): Promise<(Event & { key: string; age: number })[]> {
  const sql = `SELECT load_key, kind, payload, toString(dateDiff('second', at, now64(6))) FROM ${loads} WHERE ${where} ORDER BY at`
  const rows = await readRows(http, { sql })
  return rows.map(([key, kind, payload, age]) => ({
    key: key ?? '',
    kind: kind ?? '',
    payload: payload ?? '',
    age: Number(age),
  }))
}

export async function readLoad(session: Session, records: Records, key: string): Promise<LoadRecord | null> {
  if (!(await recordsExist(session, records))) return null
  const kinds = "('load', 'chunk', 'discard', 'publishing', 'published')"
  const events = await readEvents(session, records, `load_key = ${quoteText(key)} AND kind IN ${kinds}`)
  return loadOf(key, events)
}

function loadOf(key: string, events: readonly Event[]): LoadRecord | null {
  let spec: string | null = null
  let publishing: Publishing | null = null
  let published: string | null = null
  const chunks = new Map<string, StagedChunk>()
  for (const { kind, payload } of events) {
    const value = JSON.parse(payload) as unknown
    if (kind === 'load') spec = (value as { spec: string }).spec
    else if (kind === 'chunk') chunks.set((value as StagedChunk).id, value as StagedChunk)
    else if (kind === 'discard') for (const id of value as string[]) chunks.delete(id)
    else if (kind === 'publishing') publishing = value as Publishing | null
    else if (kind === 'published') published = JSON.stringify(value)
  }
  if (spec === null) return null
  const staged = [...chunks.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  const status = published === null ? 'loading' : 'published'
  return {
    key,
    chunks: staged,
    publishing,
    interrupted: interruptedLoad({ key, status, spec, published, chunks: staged }),
  }
}

export async function readMark(session: Session, records: Records, key: string): Promise<CursorMark | null> {
  if (!(await recordsExist(session, records))) return null
  const sql = `SELECT mark FROM ${records.state} WHERE state_key = ${quoteText(key)} ORDER BY at DESC LIMIT 1`
  const [row] = await readRows(session.http, { sql })
  return row?.[0] == null ? null : (JSON.parse(row[0]) as CursorMark)
}

/** Drops everything that a load has staged, and its record, which goes last. */
export async function forgetLoad(session: Session, records: Records, key: string): Promise<void> {
  await dropStaging(session, records, key)
  // A partition that is not there is none to drop.
  await session.http.run({ sql: `ALTER TABLE ${records.loads} DROP PARTITION ${quoteText(key)}` })
}

export async function dropStaging({ http }: Session, { database }: Records, key: string): Promise<void> {
  const sql = `SELECT name FROM system.tables WHERE database = ${quoteText(database)} AND startsWith(name, ${quoteText(stagingPrefix(key))})`
  for (const [name] of await readRows(http, { sql })) {
    await http.run({ sql: `DROP TABLE IF EXISTS ${qualified(database, name ?? '')} SYNC` })
  }
}
