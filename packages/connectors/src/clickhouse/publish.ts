import { ConfigError, DataError, FatalError } from '@millrace/core'
import type { LoadSpec, PublishResult } from '../kit/sink.ts'
import { readRows } from './read-table.ts'
import { type Session, writing } from './session.ts'
import { loadHolder } from './sink-lease.ts'
import {
  addEvent,
  type LoadRecord,
  type Publishing,
  type Records,
  readEvents,
  readLoad,
  saveState,
} from './sink-records.ts'
import { readTarget, type TargetPlace, type TargetTable } from './sink-target.ts'
import { qualified, quoteName, quoteText } from './sql-text.ts'

export interface Publication {
  readonly session: Session
  readonly records: Records
  readonly spec: LoadSpec
  readonly place: TargetPlace
  readonly target: TargetTable | null
  /** The staging table that the target's next rows are gathered in; it has the target's structure. */
  readonly base: string
  /** The tables of the finished chunks. */
  readonly chunks: readonly string[]
  /** Rows in them. */
  readonly rows: number
  /** Makes another empty table of the target's structure; one that will be the target merges its parts as that does. */
  readonly makeTable: (suffix: string, use: 'staging' | 'target') => Promise<string>
}

/** Makes the staged rows visible by the load's mode. */
export async function publishStaging(publication: Publication): Promise<PublishResult> {
  const { session, spec, place, target, base, chunks, rows } = publication
  const keyed = spec.mode === 'merge' || spec.mode === 'insert-only'
  if (keyed) await refuseBadKeys(publication)
  for (const chunk of chunks) await moveRows(session, publication.records, chunk, base)
  const inserted = { inserted: rows, updated: 0, skipped: 0 }
  if (target === null) return await step(publication, 'rename', base, inserted)
  await alterTarget(publication, target)
  switch (spec.mode) {
    case 'replace': {
      const replaced = await countOf(session, place.address)
      if (rows === 0 && replaced > 0 && !spec.allowEmpty) throw emptyReplace(place, replaced)
      return await step(publication, 'exchange', base, { ...inserted, replaced })
    }
    case 'append':
      return await step(publication, 'move', base, inserted)
    case 'insert-only': {
      const fresh = await publication.makeTable('new', 'staging')
      await copyRows(
        publication,
        base,
        fresh,
        `${tupleOf(spec.keys)} NOT IN (SELECT ${tupleOf(spec.keys)} FROM ${place.address})`,
      )
      const added = await countOf(session, qualified(place.database, fresh))
      return await step(publication, 'move', fresh, { inserted: added, updated: 0, skipped: rows - added })
    }
    case 'merge':
      return await merge(publication)
  }
}

/**
 * Rows of the target that the staged ones do not replace are copied beside these, and the tables
 * exchanged: readers see all of the merge or nothing. What others write meanwhile would be lost, so the merge is
 * given up when the target has changed since the copy began.
 */
async function merge(publication: Publication): Promise<PublishResult> {
  const { session, spec, place, base, rows } = publication
  const keys = tupleOf(spec.keys)
  const staged = qualified(place.database, base)
  const before = await contentMark(session, place)
  const [[known] = []] = await readRows(session.http, {
    sql: `SELECT count() FROM ${staged} WHERE ${keys} IN (SELECT ${keys} FROM ${place.address})`,
    signal: spec.signal,
  })
  const updated = Number(known)
  const result = { inserted: rows - updated, updated, skipped: 0 }
  if (updated === 0) return await step(publication, 'move', base, result)
  const full = await publication.makeTable('full', 'target')
  const columns = (await readTarget(session, place))?.columns.filter((column) => !column.generated) ?? []
  const names = columns.map(({ name }) => quoteName(name)).join(', ')
  await session.http.run({
    sql: `INSERT INTO ${qualified(place.database, full)} (${names}) SELECT ${names} FROM ${place.address} WHERE ${keys} NOT IN (SELECT ${keys} FROM ${staged})`,
    settings: { ...writing, optimize_on_insert: 0 },
    signal: spec.signal,
  })
  // Staged rows stay where they are: whoever takes a load up that is cut off here finds them as before.
  for (const id of await partitionsOf(session, place.database, base)) {
    await session.http.run({
      sql: `ALTER TABLE ${qualified(place.database, full)} ATTACH PARTITION ID ${quoteText(id)} FROM ${staged}`,
    })
  }
  if ((await contentMark(session, place)) !== before) {
    throw new FatalError('TARGET_CHANGED', {
      message: `Somebody else wrote to ${place.address} during the merge. Nothing was published; run the copy again.`,
    })
  }
  return await step(publication, 'exchange', full, result)
}

/** Changes with every insert, delete and update, and not with merges of parts. */
async function contentMark({ http }: Session, { database, name }: TargetPlace): Promise<string> {
  const [row] = await readRows(http, {
    sql: `SELECT toString(groupArray((p, b, v, n))) FROM (SELECT partition_id AS p, max(max_block_number) AS b, max(data_version) AS v, sum(rows) AS n
      FROM system.parts WHERE active AND database = ${quoteText(database)} AND table = ${quoteText(name)} GROUP BY p ORDER BY p)`,
  })
  return row?.[0] ?? ''
}

/** The one step that readers see, between two records that say what it is and that it has happened. */
async function step(
  { session, records, spec, place, base }: Publication,
  kind: Publishing['step'],
  from: string,
  result: PublishResult,
): Promise<PublishResult> {
  const [[uuid] = []] = await readRows(session.http, {
    sql: `SELECT toString(uuid) FROM system.tables WHERE database = ${quoteText(place.database)} AND name = ${quoteText(from)}`,
  })
  if (uuid == null)
    throw new FatalError('STAGING_LOST', { message: `The staging table ${base} is gone. Run the copy again.` })
  const publishing: Publishing = { step: kind, from, target: place.name, uuid, result }
  await addEvent(session.http, records, spec.key, 'publishing', publishing)
  spec.signal.throwIfAborted()
  const staged = qualified(place.database, from)
  // From here on an abort waits: cut off, it would leave nobody knowing how it ended.
  if (kind === 'rename') await session.http.run({ sql: `RENAME TABLE ${staged} TO ${place.address}` })
  else if (kind === 'exchange') await session.http.run({ sql: `EXCHANGE TABLES ${staged} AND ${place.address}` })
  else await moveRows(session, records, from, place.name)
  await finish(session, records, spec.key, result, spec.state)
  return result
}

async function finish(
  { http }: Session,
  records: Records,
  key: string,
  result: PublishResult,
  state: LoadSpec['state'],
): Promise<void> {
  if (state) await saveState(http, records, state)
  await addEvent(http, records, key, 'published', result)
}

/** Finishes every publish that was cut off, unless whoever began it is still there. */
export async function settle(session: Session, records: Records): Promise<void> {
  const events = await readEvents(session, records, "kind IN ('publishing', 'published')")
  const begun = new Set<string>()
  for (const { key, kind } of events) {
    if (kind === 'publishing') begun.add(key)
    else begun.delete(key)
  }
  for (const key of begun) {
    const load = await readLoad(session, records, key)
    if (!load?.publishing || (await loadHolder(session, records, key)) !== null) continue
    await settleLoad(session, records, load, load.publishing)
  }
}

async function settleLoad(session: Session, records: Records, load: LoadRecord, publishing: Publishing): Promise<void> {
  const { step: kind, from, target, uuid, result } = publishing
  const tables = await readRows(session.http, {
    sql: `SELECT name, toString(uuid) FROM system.tables WHERE database = ${quoteText(records.database)} AND name IN (${quoteText(from)}, ${quoteText(target)})`,
  })
  const uuidOf = (table: string) => tables.find(([name]) => name === table)?.[1] ?? null
  // Rows that have not been moved yet are moved now; readers may have seen the others.
  if (kind === 'move' && uuidOf(from) !== null && uuidOf(target) !== null)
    await moveRows(session, records, from, target)
  const done =
    kind === 'move' ? uuidOf(from) !== null : kind === 'rename' ? uuidOf(from) === null : uuidOf(target) === uuid
  if (done) await finish(session, records, load.key, result, load.interrupted.spec.state)
  else await addEvent(session.http, records, load.key, 'publishing', null)
}

/** Moves all rows between two tables of one structure. Each partition moves at once, and no row is ever in both or in none. */
export async function moveRows(session: Session, { database }: Records, from: string, to: string): Promise<void> {
  for (const id of await partitionsOf(session, database, from)) {
    await session.http.run({
      sql: `ALTER TABLE ${qualified(database, from)} MOVE PARTITION ID ${quoteText(id)} TO TABLE ${qualified(database, to)}`,
    })
  }
}

async function partitionsOf({ http }: Session, database: string, table: string): Promise<string[]> {
  const sql = `SELECT DISTINCT partition_id FROM system.parts WHERE active AND database = ${quoteText(database)} AND table = ${quoteText(table)} ORDER BY partition_id`
  return (await readRows(http, { sql })).map(([id]) => id ?? '')
}

/** New columns and wider types, as planned, which are not there yet. */
async function alterTarget({ session, spec, place, base }: Publication, target: TargetTable): Promise<void> {
  if (spec.mode === 'replace') return
  const staged = await readTarget(session, { ...place, name: base, address: qualified(place.database, base) })
  const changes = alterations(spec, target, staged?.columns ?? [])
  if (changes.length === 0) return
  await session.http.run({
    sql: `ALTER TABLE ${place.address} ${changes.join(', ')}`,
    settings: { alter_sync: 1, mutations_sync: 1 },
  })
}

export function alterations(
  spec: LoadSpec,
  table: Pick<TargetTable, 'columns'>,
  types: readonly { readonly name: string; readonly type: string }[] = [],
): string[] {
  return spec.changes.flatMap((change) => {
    if (change.kind === 'create-table') return []
    const have = table.columns.find((column) => column.name === change.column)
    const planned = change.kind === 'add-column' ? change.type : change.to
    const type = types.find(({ name }) => name === change.column)?.type ?? planned
    if (have?.type === type || (change.kind === 'add-column' && have)) return []
    return [`${change.kind === 'add-column' ? 'ADD' : 'MODIFY'} COLUMN ${quoteName(change.column)} ${type}`]
  })
}

async function copyRows({ session, spec, place }: Publication, from: string, to: string, where: string): Promise<void> {
  const names = spec.columns.map(({ name }) => quoteName(name)).join(', ')
  await session.http.run({
    sql: `INSERT INTO ${qualified(place.database, to)} (${names}) SELECT ${names} FROM ${qualified(place.database, from)} WHERE ${where}`,
    settings: { ...writing, optimize_on_insert: 0 },
    signal: spec.signal,
  })
}

async function countOf({ http }: Session, address: string): Promise<number> {
  const [row] = await readRows(http, { sql: `SELECT count() FROM ${address}` })
  return Number(row?.[0])
}

function tupleOf(keys: readonly string[]): string {
  return keys.length === 1 ? quoteName(keys[0] as string) : `(${keys.map(quoteName).join(', ')})`
}

async function refuseBadKeys({ session, spec, place, chunks }: Publication): Promise<void> {
  if (chunks.length === 0) return
  const keys = spec.keys.map(quoteName)
  const tables = chunks.map((chunk) => `SELECT ${keys.join(', ')} FROM ${qualified(place.database, chunk)}`)
  const staged = `(${tables.join(' UNION ALL ')})`
  const example = keys.map((key) => `ifNull(toString(${key}), 'NULL')`).join(', ')
  const names = spec.keys.join(', ')
  const [empty] = await readRows(session.http, {
    sql: `SELECT ${example} FROM ${staged} WHERE ${keys.map((key) => `isNull(${key})`).join(' OR ')} LIMIT 1`,
  })
  if (empty) {
    throw new DataError('NULL_KEY', {
      message: `A row has no value in its key (${names}): ${empty.join(', ')}. A ${spec.mode} needs a key in every row; leave such rows out with a query, or choose another --key.`,
      details: { keys: spec.keys },
    })
  }
  const [twice] = await readRows(session.http, {
    sql: `SELECT ${example} FROM ${staged} GROUP BY ${keys.join(', ')} HAVING count() > 1 LIMIT 1`,
  })
  if (twice) {
    throw new DataError('DUPLICATE_KEY', {
      message: `Several rows have the same key (${names}): ${twice.join(', ')}. A ${spec.mode} needs keys that name one row; choose another --key, or keep one row of each in a query.`,
      details: { keys: spec.keys },
    })
  }
}

function emptyReplace(place: TargetPlace, rows: number): ConfigError {
  return new ConfigError('EMPTY_REPLACE', {
    message: `The source has no rows, and the replace would empty "${place.name}", which has ${rows}. Say --allow-empty if that is meant.`,
    details: { rows },
  })
}
