import { ConfigError, FatalError, TransientError } from '@millrace/core'
import { addContentHashes, type Column, type ContentHash, contentHash } from '@millrace/formats'
import type { Interrupted, Load, LoadSpec } from '../kit/sink.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { canonicalTextExpression, contentHashQuery } from './canonical-text.ts'
import { copyIn } from './copy-in.ts'
import {
  chunkTable,
  createBookkeeping,
  forgetChunks,
  forgetLoad,
  type LoadRecord,
  lockLoad,
  readLoad,
  recordChunk,
  recordLoad,
  savePublished,
  stagingTable,
  takeOver,
} from './sink-bookkeeping.ts'
import { columnList, columnsOfTable, locate } from './sink-catalog.ts'
import { publishRows } from './sink-publish.ts'
import { type Session, type Sessions, transaction } from './sink-sessions.ts'
import { createStaging } from './sink-staging.ts'

interface Opened {
  readonly epoch: string
  readonly logged: boolean
  readonly swap: boolean
  readonly published: boolean
}

/**
 * Opens a load on a session of its own, whose advisory lock keeps every other process out for as
 * long as it lives. Publishing happens on that very session, so it cannot happen without the lock.
 */
export async function openPostgresLoad(sessions: Sessions, spec: LoadSpec, resume: Interrupted | null): Promise<Load> {
  const session = await sessions.open()
  try {
    const opened = await sessions.guard(session, spec.signal, () => takeUp(session, spec, resume))
    return createLoad(sessions, session, spec, opened)
  } catch (error) {
    await session.close()
    throw error
  }
}

async function takeUp(session: Session, spec: LoadSpec, resume: Interrupted | null): Promise<Opened> {
  const { target } = spec
  if (target.kind !== 'table') {
    throw new ConfigError('TARGET_NOT_A_TABLE', {
      message: 'PostgreSQL takes tables, not files. Name a table as the target.',
    })
  }
  await createBookkeeping(session)
  await lockLoad(session, spec.key)
  if (resume !== null) {
    const found = await readLoad(session, spec.key)
    if (found === null) {
      throw new TransientError('LOAD_GONE', {
        message: 'The interrupted load was finished or dropped by another process in the meantime. Run the copy again.',
      })
    }
    const [staging] = await session.select('SELECT to_regclass($1)::text AS name', [stagingTable(spec.key)])
    if (found.status === 'published' || staging?.name) {
      const published = found.status === 'published'
      const epoch = await takeOver(session, spec.key)
      if (!published) await forgetUnknown(session, found, resume)
      return { epoch, logged: found.logged, swap: found.swap, published }
    }
  }
  return transaction(session, async () => {
    await session.execute('DELETE FROM _millrace.chunks WHERE key = $1', [spec.key])
    await session.execute('DELETE FROM _millrace.unlogged_chunks WHERE key = $1', [spec.key])
    const place = await locate(session, target.table)
    refuseIdentityUpdate(spec, place.table?.columns ?? [])
    const shape = await createStaging(session, spec, place)
    const epoch = await recordLoad(session, spec, shape)
    return { epoch, logged: shape.logged, swap: shape.swap, published: false }
  })
}

/** Chunks that a process without a lock finished after `resume` was read would be written twice. */
async function forgetUnknown(session: Session, load: LoadRecord, resume: Interrupted): Promise<void> {
  const known = new Set(resume.finished.map((chunk) => chunk.id))
  const now = await readLoad(session, load.key)
  const unknown = now?.finished.filter((chunk) => !known.has(chunk.id)) ?? []
  if (unknown.length === 0) return
  const ids = unknown.map((chunk) => chunk.id)
  await transaction(session, () => forgetChunks(session, load, ids))
}

/** Better now than after the rows have travelled. */
function refuseIdentityUpdate(spec: LoadSpec, columns: readonly { name: string; identity: string | null }[]): void {
  if (spec.mode !== 'merge') return
  const loaded = new Set(spec.columns.map((column) => column.name))
  const fixed = columns.find(
    ({ name, identity }) => identity === 'always' && loaded.has(name) && !spec.keys.includes(name),
  )
  if (fixed === undefined) return
  throw new ConfigError('IDENTITY_NOT_UPDATABLE', {
    message: `The destination's column "${fixed.name}" is GENERATED ALWAYS AS IDENTITY, so a merge cannot update it. Use it as a key, or leave it out by a query.`,
  })
}

function createLoad(sessions: Sessions, session: Session, spec: LoadSpec, opened: Opened): Load {
  const { key, signal } = spec
  const staging = stagingTable(key)
  const own = { key, epoch: opened.epoch, logged: opened.logged }
  const binary = spec.format === 'copy-binary'
  const copy =
    `COPY ${staging} (${columnList(spec.columns.map((column) => column.name))}) FROM STDIN ` +
    (binary ? '(FORMAT binary)' : `(FORMAT csv, ENCODING 'UTF8')`)
  let published = opened.published
  const guarded = <T>(work: () => Promise<T>) => sessions.guard(session, signal, work)

  const requireLoading = () => {
    if (!published) return
    throw new FatalError('ALREADY_PUBLISHED', {
      message:
        'This load is published already; only its closing steps are left. Run the copy again to move what is new.',
    })
  }

  return {
    async writeChunk(chunk, pieces, ledger) {
      requireLoading()
      return sessions.use(signal, (worker) =>
        transaction(worker, async () => {
          const { rows, sentRows, bytes } = await copyIn(worker.client, copy, pieces, { binary, signal })
          if (rows !== sentRows) {
            throw new FatalError('ROW_COUNT_DIFFERS', {
              message: `Of chunk ${chunk.id} ${sentRows} rows were sent, and ${sessions.label} counted ${rows}. Nothing of it was kept.`,
            })
          }
          if (!(await recordChunk(worker, own, { id: chunk.id, rows }, ledger()))) throw lost(sessions.label)
          return { rows, bytes }
        }),
      )
    },

    async discardChunks(ids) {
      requireLoading()
      await guarded(() => transaction(session, () => forgetChunks(session, own, ids)))
    },

    async stagedCount() {
      requireLoading()
      const [row] = await guarded(() => session.select(`SELECT count(*)::text AS rows FROM ${staging}`))
      return Number(row?.rows)
    },

    async stagedHash(columns) {
      requireLoading()
      const [size] = await guarded(() =>
        session.select(`SELECT pg_relation_size($1::regclass) / current_setting('block_size')::int AS pages`, [
          staging,
        ]),
      )
      // Nobody writes to staging now, so parts of it are of one point in time.
      const ranges = pageRanges(Number(size?.pages), sessions.limit)
      const parts = ranges.map((range) =>
        sessions.use(signal, (worker) => hashOfTable(worker, staging, columns, range)),
      )
      return addContentHashes(await Promise.all(parts))
    },

    async publish() {
      requireLoading()
      const result = await guarded(() =>
        transaction(session, async () => {
          const [row] = await session.select(
            `SELECT (SELECT coalesce(sum(rows), 0)::text FROM ${chunkTable(own.logged)} WHERE key = $1) AS staged
               FROM _millrace.loads WHERE key = $1 AND epoch = $2 AND status = 'loading' FOR UPDATE`,
            [key, own.epoch],
          )
          if (row === undefined) throw lost(sessions.label)
          const outcome = await publishRows({ session, spec, swap: opened.swap, staged: Number(row.staged) })
          await savePublished(session, key, outcome, spec.state)
          return outcome
        }),
      )
      published = true
      return result
    },

    async complete() {
      if (!published) {
        throw new FatalError('NOT_PUBLISHED', { message: 'A load can be completed only after its rows are published.' })
      }
      await guarded(() => forgetLoad(session, key))
    },

    // Also called after an abort, which must not keep it from cleaning up.
    abandon: () => sessions.guard(session, undefined, () => forgetLoad(session, key)),

    async [Symbol.asyncDispose]() {
      await session.close()
    },
  }
}

function lost(label: string): TransientError {
  return new TransientError('LOAD_TAKEN_OVER', {
    message: `Another process has taken this load over at ${label}. Let it finish, or run the copy again when it has ended.`,
  })
}

/** Conditions that split a table of so many pages; small ones are not worth it. */
function pageRanges(pages: number, parallel: number): string[] {
  const parts = Math.max(1, Math.min(parallel, Math.floor(pages / 1000)))
  const bound = (part: number) => `'(${Math.floor((pages * part) / parts)},0)'::tid`
  return Array.from(
    { length: parts },
    (_, part) =>
      [part > 0 ? `ctid >= ${bound(part)}` : '', part < parts - 1 ? `ctid < ${bound(part + 1)}` : '']
        .filter(Boolean)
        .join(' AND ') || 'true',
  )
}

/** By the types that the table has, in the canonical text of the types that the columns mean. */
export async function hashOfTable(
  session: Session,
  table: string,
  columns: readonly Column[],
  condition = 'true',
): Promise<ContentHash> {
  const actual = new Map((await columnsOfTable(session, table)).map((column) => [column.name, column.type]))
  const texts = columns.map((column) =>
    canonicalTextExpression(column, quoteName(column.name), actual.get(column.name)),
  )
  const [server] = await session.select(`SELECT current_setting('server_encoding') AS encoding`)
  const [row] = await session.select(contentHashQuery(`${table} WHERE ${condition}`, texts, server?.encoding ?? 'UTF8'))
  return contentHash(Number(row?.rows), BigInt(row?.high ?? 0), BigInt(row?.low ?? 0))
}
