import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, DataError, FatalError, isMillraceError } from '@millrace/core'
import { LossLedger } from '@millrace/formats'
import type { DataSource, LoadResult, TinybirdClient } from '@millrace/tinybird'
import { lockTarget } from '../kit/lock-target.ts'
import { savedSpec } from '../kit/saved-load.ts'
import { serial } from '../kit/serial.ts'
import type { Interrupted, Load, LoadSpec, PublishResult } from '../kit/sink.ts'
import { findDataSource, type StoredColumn, storedColumns } from './columns.ts'
import { createFeed, type Feed, type FeedFile, readBlocks } from './feed.ts'
import { appendLine, type Journal, readJournal, type StagedChunk } from './journal.ts'
import { schemaText } from './plan.ts'
import { hashStagedRows } from './staged-rows.ts'
import { writeChunkFile } from './write-chunk.ts'

export interface LoadPlace {
  readonly client: TinybirdClient
  readonly dataSource: string
  /** Of this load alone. */
  readonly folder: string
  readonly lock: string
  readonly maxRejectedRows: number
  count(signal?: AbortSignal): Promise<number>
  saveState(state: NonNullable<LoadSpec['state']>): Promise<void>
}

/**
 * A load whose rows wait in files beside us, since Tinybird has no place for them:
 *
 *     <folder>/<key>/journal.ndjson   what is certain, one line at a time
 *     <folder>/<key>/0000.csv         a finished chunk, as it is sent
 *
 * A replace is sent while its chunks are still being written; the request ends, and so takes effect, with the
 * publish. A request that ends early changes nothing. Appends are sent whole, at the publish.
 */
export async function openTinybirdLoad(place: LoadPlace, spec: LoadSpec, resume: Interrupted | null): Promise<Load> {
  const { client, dataSource, folder } = place
  await mkdir(join(folder, '..'), { recursive: true, mode: 0o700 })
  const unlock = await lockTarget(place.lock, dataSource)
  try {
    const existing = await client.dataSource(dataSource, spec.signal)
    if (!resume) await beginJournal(folder, spec, existing)
    const journal = await readJournal(folder)
    if (!journal) {
      throw new FatalError('STAGING_LOST', {
        message: `The folder of the load, "${folder}", is not readable. Start the copy again with --restart.`,
      })
    }
    await fitDataSource(place, spec, journal.head.layout, existing)
    return load(place, spec, journal, unlock)
  } catch (error) {
    await unlock()
    throw error
  }
}

async function beginJournal(folder: string, spec: LoadSpec, existing: DataSource | null): Promise<void> {
  const layout = layoutOf(existing, spec)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { mode: 0o700 })
  const created = existing === null
  await appendLine(folder, { type: 'load', key: spec.key, spec: savedSpec(spec), layout, created })
}

/** The columns as they will be at the publish. */
function layoutOf(existing: DataSource | null, spec: LoadSpec): StoredColumn[] {
  if (existing !== null) {
    const added = spec.changes.flatMap((change) =>
      change.kind === 'add-column' ? [{ name: change.column, type: change.type }] : [],
    )
    return [...storedColumns(existing), ...added]
  }
  const create = spec.changes.find((change) => change.kind === 'create-table')
  if (create) return columnsOfSchema(create.ddl)
  throw new ConfigError('TABLE_NOT_FOUND', {
    message: 'The data source is gone since the load was planned. Run the copy again.',
  })
}

/** Makes the data source where there is none, and refuses one that is not what the staged rows were written for. */
async function fitDataSource(
  { client, dataSource }: LoadPlace,
  { signal }: LoadSpec,
  layout: readonly StoredColumn[],
  existing: DataSource | null,
): Promise<void> {
  if (existing === null) {
    await client.createDataSource(dataSource, { schema: schemaText(layout), signal })
    return
  }
  const columns = storedColumns(existing)
  if (columns.every(({ name, type }, index) => layout[index]?.name === name && layout[index]?.type === type)) return
  throw new ConfigError('TARGET_CHANGED', {
    message: `The columns of "${dataSource}" have changed since the interrupted load began. Start the copy again with --restart.`,
  })
}

/** The inverse of `schemaText`. */
function columnsOfSchema(schema: string): StoredColumn[] {
  return [...schema.matchAll(/`([^`]*)` (.*?)(?=, `|$)/gs)].map(([, name = '', type = '']) => ({ name, type }))
}

interface Upload {
  readonly feed: Feed
  readonly result: Promise<LoadResult>
  readonly stop: AbortController
  /** Null as long as it has not failed. */
  error: unknown
}

function load(place: LoadPlace, spec: LoadSpec, journal: Journal, unlock: () => Promise<void>): Load {
  const { client, dataSource, folder } = place
  const { signal } = spec
  const { layout, created } = journal.head
  const chunks = new Map(journal.chunks)
  const inOrder = serial()
  const additions = spec.changes.flatMap((change) => (change.kind === 'add-column' ? [change] : []))
  let published = journal.published !== null
  let uploads = 0
  let disposed = false
  let upload: Upload | null = null

  const pathOf = (id: string) => join(folder, `${id}.csv`)
  const staged = () => [...chunks.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  const rowsOf = () => staged().reduce((sum, chunk) => sum + chunk.rows, 0)

  function begin(): Upload {
    const stop = new AbortController()
    const feed = createFeed(staged().map(({ id }) => pathOf(id)))
    const options = {
      format: 'csv',
      signal: AbortSignal.any([signal, stop.signal]),
      maxRejectedRows: place.maxRejectedRows,
    } as const
    const result =
      spec.mode === 'replace'
        ? client.replaceStream(dataSource, feed.content, options)
        : client.appendStream(dataSource, feed.content, options)
    const started: Upload = { feed, result, stop, error: null }
    result.catch((error: unknown) => {
      started.error = error
    })
    uploads++
    return started
  }

  /** A request under way that failed is tried once more from the files, when another try may help. */
  async function send(): Promise<LoadResult> {
    const broken = upload?.error
    if (upload && broken === null) {
      upload.feed.close()
      try {
        return await upload.result
      } catch (error) {
        signal.throwIfAborted()
        if (!isTransient(error)) throw error
      }
    }
    upload = begin()
    upload.feed.close()
    return await upload.result
  }

  /** What is wrong with a request under way, unless the publish may mend it. */
  function refuseBroken(): void {
    if (upload && upload.error !== null && !isTransient(upload.error)) throw upload.error
  }

  /** The place of a chunk in the request under way; the first bytes of a load begin it. */
  function follow(path: string): FeedFile | null {
    const live = spec.mode === 'replace' && additions.length === 0
    if (live && uploads === 0) upload = begin()
    return upload?.feed.add(path) ?? null
  }

  async function publishEmpty(before: number): Promise<PublishResult> {
    // A request under way keeps other writers of the data source waiting.
    await stopUpload('There are no rows.')
    if (spec.mode === 'replace' && before > 0) {
      if (!spec.allowEmpty) {
        throw new ConfigError('EMPTY_REPLACE', {
          message: `The source has no rows, and the replace would empty the data source "${dataSource}", which has ${before}. Say --allow-empty if that is meant.`,
          details: { rows: before },
        })
      }
      await client.truncate(dataSource, signal)
    }
    return { inserted: 0, updated: 0, skipped: 0, replaced: spec.mode === 'replace' ? before : 0 }
  }

  async function publishRows(before: number): Promise<PublishResult> {
    const rows = rowsOf()
    const earlier = spec.mode === 'append' ? await appendedAlready(rows) : null
    if (earlier !== null) return earlier
    await appendLine(folder, { type: 'publishing', before })
    const result = await send()
    const counted = result.successfulRows
    const known = (counted ?? rows) + result.quarantinedRows + result.invalidLines
    if (known !== rows) {
      throw new DataError('ROWS_MISSING', {
        message: `Tinybird took ${known} of the ${rows} rows for "${dataSource}". Compare the data source with its source before anybody relies on it.`,
        details: { sent: rows, taken: known },
      })
    }
    if (spec.mode === 'append' && result.attemptsTimedOut > 0) await refuseDuplicates(before + rows)
    return {
      inserted: counted ?? rows,
      updated: 0,
      skipped: 0,
      ...(spec.mode === 'replace' ? { replaced: before } : {}),
    }
  }

  /** An attempt that timed out may have written its rows all the same. */
  async function refuseDuplicates(expected: number): Promise<void> {
    const now = await place.count(signal)
    if (now === expected) return
    throw new DataError('ROWS_DUPLICATED', {
      message: `Tinybird took too long for an attempt to append to "${dataSource}", and a later one succeeded. The data source has ${now} rows now and should have ${expected}, so the first attempt may have written its rows too. Compare them with the source; a replace mends it.`,
      details: { expected, now },
    })
  }

  /** Whether an append that a crash cut off has arrived: only the number of rows can tell. */
  async function appendedAlready(rows: number): Promise<PublishResult | null> {
    if (!journal.publishing) return null
    const { before } = journal.publishing
    const now = await place.count(signal)
    if (now === before) return null
    if (now === before + rows) return { inserted: rows, updated: 0, skipped: 0 }
    throw new FatalError('PUBLISH_UNCERTAIN', {
      message: `An append of ${rows} rows to "${dataSource}" was cut off while it was sent. The data source had ${before} rows before and has ${now} now, so nobody can tell whether they are among them. Look at its rows, then run the copy with --restart, or not at all.`,
      details: { before, now, rows },
    })
  }

  async function stopUpload(why: string): Promise<void> {
    const stopped = upload
    upload = null
    if (!stopped) return
    const reason = new DOMException(why, 'AbortError')
    stopped.stop.abort(reason)
    stopped.feed.fail(reason)
    await stopped.result.catch(() => {})
  }

  const release = async () => {
    if (disposed) return
    disposed = true
    await stopUpload('The load was closed.')
    await unlock()
  }

  const remove = async () => {
    await release()
    await rm(folder, { recursive: true, force: true })
  }

  return {
    async writeChunk(chunk, pieces, ledger, losses = { policy: 'error', ledger: new LossLedger() }) {
      signal.throwIfAborted()
      refuseBroken()
      const path = pathOf(chunk.id)
      let feedFile: FeedFile | null = null
      let began = false
      const onBytes = (bytes: number) => {
        if (!began) feedFile = follow(path)
        began = true
        feedFile?.grow(bytes)
      }
      try {
        const { columns, sourceDialect } = spec
        const file = { path, columns, layout, sourceDialect, losses, signal, onBytes }
        const { rows, bytes } = await writeChunkFile(pieces, file)
        signal.throwIfAborted()
        const line: StagedChunk = { id: chunk.id, rows, bytes, ledger: ledger() }
        await inOrder(() => appendLine(folder, { type: 'chunk', ...line }))
        chunks.set(chunk.id, line)
        ;(feedFile as FeedFile | null)?.end()
        return { rows, bytes }
      } catch (error) {
        // What was sent of it cannot be taken back; the publish sends the rest anew.
        if (began) await stopUpload('A chunk failed.')
        throw error
      }
    },

    async discardChunks(ids) {
      if (ids.length === 0) return
      await inOrder(() => appendLine(folder, { type: 'discard', ids }))
      for (const id of ids) {
        chunks.delete(id)
        await rm(pathOf(id), { force: true })
      }
      await stopUpload('Chunks were discarded.')
    },

    async stagedCount() {
      for (const { id, bytes } of staged()) {
        const size = await stat(pathOf(id)).then(
          (found) => found.size,
          () => -1,
        )
        if (size === bytes) continue
        throw new FatalError('STAGING_LOST', {
          message: `The staged file "${pathOf(id)}" is not as it was written. Start the copy again with --restart.`,
        })
      }
      return rowsOf()
    },

    async stagedHash(columns) {
      async function* content() {
        for (const { id } of staged()) yield* readBlocks(pathOf(id))
      }
      return await hashStagedRows(content(), layout, columns)
    },

    async publish() {
      if (published) {
        throw new FatalError('ALREADY_PUBLISHED', { message: `The load ${spec.key} has been published already.` })
      }
      signal.throwIfAborted()
      if (additions.length > 0) await addColumns(place, additions, signal)
      const before = await place.count(signal)
      const result = rowsOf() === 0 ? await publishEmpty(before) : await publishRows(before)
      if (spec.state) await place.saveState(spec.state)
      await appendLine(folder, { type: 'published', result })
      published = true
      return result
    },

    complete: remove,

    async abandon() {
      await release()
      if (created && !published && (await place.count().catch(() => -1)) === 0) await client.dropDataSource(dataSource)
      await rm(folder, { recursive: true, force: true })
    },

    [Symbol.asyncDispose]: release,
  }
}

async function addColumns(
  { client, dataSource }: LoadPlace,
  additions: readonly { readonly column: string; readonly type: string }[],
  signal: AbortSignal,
): Promise<void> {
  const columns = storedColumns(await findDataSource(client, dataSource, signal))
  const there = new Set(columns.map(({ name }) => name))
  const wanted = additions.filter(({ column }) => !there.has(column))
  if (wanted.length === 0) return
  const added = wanted.map(({ column, type }) => ({ name: column, type }))
  await client.alter(dataSource, schemaText([...columns, ...added]), { signal })
}

function isTransient(error: unknown): boolean {
  return isMillraceError(error) && error.recovery === 'transient'
}
