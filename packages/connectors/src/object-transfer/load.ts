import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, FatalError } from '@millrace/core'
import { LossLedger, type Piece, readCsv } from '@millrace/formats'
import { fileError } from '../files/errors.ts'
import { fileBytes } from '../files/read-back.ts'
import { encodeBlocks } from '../kit/encode-csv.ts'
import { lockHolder, lockTarget } from '../kit/lock-target.ts'
import type { Interrupted, Load, LoadSpec, PublishResult } from '../kit/sink.ts'
import { hasCode, writeJson } from './json-object.ts'
import { checkObjects, readTableManifest, rowsOf } from './manifest.ts'
import { loadFolder, localLock, type ObjectPlace, partName, under } from './place.ts'
import { publishedBy, publishFolder } from './publish-folder.ts'
import { publishObject, recoverObject } from './publish-object.ts'
import { bodyColumns, hashObjects } from './read-back.ts'
import {
  type LoadRecord,
  newLoadId,
  newSession,
  readChunks,
  readCommit,
  readRecord,
  recordKey,
  removeChunkRecord,
  type StagedChunk,
  type StagedObject,
  savedSpec,
  wasPublished,
  writeChunkRecord,
} from './records.ts'
import { spillPartitions } from './spill-partitions.ts'
import { sweepFolder } from './sweep.ts'
import { writeObjects } from './write-objects.ts'

type Losses = Parameters<Load['writeChunk']>[3]

/**
 * A load into a store. Chunks become objects at once: data objects of the folder, under names that
 * only the manifest makes part of the table, or parts of the one object to be. A chunk counts when
 * its record is there.
 */
export async function openObjectLoad(place: ObjectPlace, spec: LoadSpec, resume: Interrupted | null): Promise<Load> {
  const unlock = await lockTarget(await localLock(place, spec.key), place.label).catch((error: unknown) => {
    throw fileError(error, tmpdir())
  })
  try {
    const record = await takeUp(place, spec, resume)
    return await objectLoad(place, spec, record, unlock)
  } catch (error) {
    await unlock()
    throw error
  }
}

/** Begins a load, or takes one over from the process that was cut off; that one can no longer publish. */
async function takeUp(place: ObjectPlace, spec: LoadSpec, resume: Interrupted | null): Promise<LoadRecord> {
  const { store, key } = place
  const existing = await readRecord(place, spec.key)
  const session = newSession()
  if (resume && existing) {
    const record: LoadRecord = { ...existing.value, session }
    await writeOwned(place, spec.key, record, existing.etag === null ? {} : { ifEtag: existing.etag })
    return record
  }
  if (existing) await removeLoad(place, spec.key, existing.value.load)
  else await store.rmtree(loadFolder(place, spec.key))
  const manifest = place.folder ? await readTableManifest(store, key, spec.signal) : null
  const record: LoadRecord = {
    load: newLoadId(),
    session,
    spec: savedSpec(spec),
    base: manifest?.etag ?? null,
    state: (spec.state && manifest?.value.states[spec.state.key]) ?? null,
  }
  await writeOwned(place, spec.key, record, { ifAbsent: true })
  return record
}

async function writeOwned(
  place: ObjectPlace,
  key: string,
  record: LoadRecord,
  condition: { readonly ifEtag?: string; readonly ifAbsent?: boolean },
): Promise<void> {
  try {
    await writeJson(place.store, recordKey(place, key), record, condition)
  } catch (error) {
    if (!hasCode(error, 'OBJECT_CHANGED') && !hasCode(error, 'OBJECT_EXISTS')) throw error
    throw overtaken(place, error)
  }
}

function overtaken({ label }: ObjectPlace, cause?: unknown): ConfigError {
  return new ConfigError('LOAD_RUNNING', {
    message: `Another process has taken up this same copy into "${label}". Let one of them run; this one has not published anything.`,
    cause,
  })
}

function parentOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('/')))
}

/** The data first, the record last: what a crash leaves in between is still known to be a load's. */
async function removeLoad(place: ObjectPlace, key: string, load: string): Promise<void> {
  if (place.folder) await sweepFolder(place, load)
  else await place.store.abortUploads?.(parentOf(place.key), (one) => one === place.key)
  await place.store.rm(recordKey(place, key))
  await place.store.rmtree(loadFolder(place, key))
}

async function objectLoad(
  place: ObjectPlace,
  spec: LoadSpec,
  record: LoadRecord,
  unlock: () => Promise<void>,
): Promise<Load> {
  const { store, target, folder } = place
  const { columns, signal } = spec
  const partitionBy = target.partitionBy ?? []
  const body = bodyColumns({ columns, partitionBy })
  const chunks = await readChunks(place, spec.key)
  let published: PublishResult | null = folder
    ? publishedBy(await readTableManifest(store, place.key), record.load)
    : (await wasPublished(place, spec.key))
      ? await readCommit(place, spec.key)
      : null
  let released = false

  const staged = () => [...chunks.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  const stagedObjects = () => staged().flatMap((chunk) => chunk.objects)
  const set = () => ({
    store,
    objects: stagedObjects(),
    format: target.format,
    compression: target.compression,
    header: folder && (target.csv?.header ?? false),
    options: spec.options,
    columns,
    partitionBy,
  })

  async function writeRows(chunk: string, pieces: AsyncIterable<Piece>, begun: string[]) {
    const keyOf = (index: number) =>
      folder
        ? under(place.key, partName(record.load, record.session, chunk, index, target))
        : `${loadFolder(place, spec.key)}/rows-${record.session}-${chunk}`
    return await writeObjects(pieces, {
      store,
      target,
      columns,
      whole: folder,
      signal,
      keyOf,
      begin: (key) => begun.push(key),
    })
  }

  /** Rows come as canonical CSV, are dealt out on the disk, and each partition is then written in one go. */
  async function writePartitions(chunk: string, pieces: AsyncIterable<Piece>, losses: Losses, begun: string[]) {
    const temporary = await mkdtemp(join(tmpdir(), 'millrace-partitions-'))
    try {
      let bytes = 0
      async function* counted() {
        for await (const piece of pieces) {
          signal.throwIfAborted()
          bytes += piece.bytes.length
          yield piece
        }
      }
      const known = new Set(
        stagedObjects().map(({ key }) => key.slice(under(place.key, '').length, key.lastIndexOf('/'))),
      )
      const partitions = await spillPartitions(counted(), columns, partitionBy, temporary, known)
      const objects: StagedObject[] = []
      for (const { path, values, file } of partitions) {
        const rows = readCsv(fileBytes(file, signal), { columnCount: body.length })
        const encoded = encodeBlocks(rows, {
          columns: body,
          format: target.format,
          policy: losses?.policy ?? 'error',
          ledger: losses?.ledger ?? new LossLedger(),
          options: spec.options,
        })
        const written = await writeObjects(encoded, {
          store,
          target,
          columns: body,
          whole: true,
          signal,
          // Numbered through: where case is not told apart, two partitions share a folder.
          keyOf: (index) => {
            const number = objects.length + index
            return under(place.key, `${path}/${partName(record.load, record.session, chunk, number, target)}`)
          },
          begin: (key) => begun.push(key),
        })
        objects.push(...written.objects.map((object) => ({ ...object, partition: values })))
        await rm(file)
      }
      return { objects, bytes }
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
  }

  async function refuseIfOvertaken(): Promise<void> {
    const now = await readRecord(place, spec.key)
    if (now?.value.load !== record.load || now.value.session !== record.session) throw overtaken(place)
  }

  const release = async () => {
    if (released) return
    released = true
    await unlock()
  }

  /** What another process has taken over is not ours to remove. */
  const remove = async () => {
    const now = await readRecord(place, spec.key)
    if (now === null || now.value.session === record.session) await removeLoad(place, spec.key, record.load)
    await release()
  }

  return {
    async writeChunk(chunk, pieces, ledger, losses) {
      signal.throwIfAborted()
      const begun: string[] = []
      try {
        const { objects, bytes } =
          partitionBy.length > 0
            ? await writePartitions(chunk.id, pieces, losses, begun)
            : await writeRows(chunk.id, pieces, begun)
        signal.throwIfAborted()
        const finished: StagedChunk = { id: chunk.id, rows: rowsOf(objects), ledger: ledger(), objects }
        await writeChunkRecord(place, spec.key, finished)
        chunks.set(chunk.id, finished)
        return { rows: finished.rows, bytes }
      } catch (error) {
        // The first error is the one to report; what cannot be removed now goes with the load.
        for (const key of begun) await store.rm(key).catch(() => {})
        signal.throwIfAborted()
        throw error
      }
    },

    async discardChunks(ids) {
      for (const id of ids) {
        const chunk = chunks.get(id)
        if (!chunk) continue
        await removeChunkRecord(place, spec.key, id)
        chunks.delete(id)
        for (const { key } of chunk.objects) await store.rm(key)
      }
    },

    async stagedCount() {
      const home = folder ? place.key : loadFolder(place, spec.key)
      const objects = stagedObjects().map((object) => ({ ...object, key: object.key.slice(under(home, '').length) }))
      await checkObjects(store, home, objects, signal)
      return rowsOf(objects)
    },

    stagedHash: (hashed) => hashObjects(set(), hashed, signal),

    async publish() {
      if (published)
        throw new FatalError('ALREADY_PUBLISHED', { message: `The load ${spec.key} has been published already.` })
      await refuseIfOvertaken()
      signal.throwIfAborted()
      published = folder
        ? await publishFolder(place, spec, record, stagedObjects())
        : await publishObject(place, spec, staged())
      return published
    },

    complete: remove,
    abandon: remove,
    [Symbol.asyncDispose]: release,
  }
}

/** The load of this key that was cut off, if any; a publish that was cut off is brought to its end first. */
export async function findInterrupted(place: ObjectPlace, key: string, planOnly = false): Promise<Interrupted | null> {
  const found = await readRecord(place, key)
  if (!found) return null
  const { load, spec } = found.value
  const chunks = [...(await readChunks(place, key)).values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  const published = place.folder
    ? publishedBy(await readTableManifest(place.store, place.key), load)
    : await recoverObject(
        place,
        key,
        spec,
        chunks,
        planOnly || (await lockHolder(await localLock(place, key))) !== null,
      )
  const { columns, format, mode, journal, state } = spec
  return {
    key,
    spec: { columns, format, mode, journal, ...(state ? { state } : {}) },
    status: published ? 'published' : 'loading',
    finished: chunks.map(({ id, rows }) => ({ id, rows })),
    ledger: chunks.flatMap(({ ledger }) => ledger),
    ...(published ? { published } : {}),
  }
}
