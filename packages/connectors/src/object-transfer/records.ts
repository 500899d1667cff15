import { randomBytes } from 'node:crypto'
import type { LossEntry } from '@millrace/formats'
import type { Extent, SavedSpec } from '../files/journal.ts'
import type { LoadSpec, PublishResult } from '../kit/sink.ts'
import type { CursorMark } from '../kit/source.ts'
import { hasCode, readJson, type StoredJson, writeJson } from './json-object.ts'
import type { DataObject } from './manifest.ts'
import { loadFolder, type ObjectPlace } from './place.ts'

/**
 * What a load remembers, in objects that are each written once or replaced as a whole:
 *
 *     load-<key>/load.json          what is loaded; goes first when the load is over
 *     load-<key>/chunk-<id>.json    a finished chunk and its objects
 *     load-<key>/commit.json        one object as target: it is being put together, and may be again
 *     load-<key>/published.json     one object as target: it was
 */
export interface LoadRecord {
  /** 8 hexadecimal digits; stands in the names of the load's objects. */
  readonly load: string
  /** Of the process that works on it; 4 hexadecimal digits. */
  readonly session: string
  readonly spec: SavedSpec
  /** Etag of the manifest when the load began; null when there was none. */
  readonly base: string | null
  /** The pipeline's watermark then. */
  readonly state: CursorMark | null
}

export interface StagedChunk {
  readonly id: string
  readonly rows: number
  readonly ledger: readonly LossEntry[]
  readonly objects: readonly StagedObject[]
}

export interface StagedObject extends DataObject {
  /** One object as target, Parquet: the row groups, with offsets from the object's start. */
  readonly groups?: Extent['groups']
}

export const newLoadId = (): string => randomBytes(4).toString('hex')
export const newSession = (): string => randomBytes(2).toString('hex')

export function savedSpec({ columns, format, mode, journal, options, state }: LoadSpec): SavedSpec {
  return { columns, format, mode, journal, options, ...(state ? { state } : {}) }
}

export const recordKey = (place: ObjectPlace, key: string) => `${loadFolder(place, key)}/load.json`
const chunkKey = (place: ObjectPlace, key: string, id: string) => `${loadFolder(place, key)}/chunk-${id}.json`
const commitKey = (place: ObjectPlace, key: string) => `${loadFolder(place, key)}/commit.json`
const publishedKey = (place: ObjectPlace, key: string) => `${loadFolder(place, key)}/published.json`

export async function readRecord(place: ObjectPlace, key: string): Promise<StoredJson<LoadRecord> | null> {
  return await readJson<LoadRecord>(place.store, recordKey(place, key))
}

export async function readChunks(place: ObjectPlace, key: string): Promise<Map<string, StagedChunk>> {
  const chunks = new Map<string, StagedChunk>()
  for await (const { key: at } of place.store.list(loadFolder(place, key))) {
    if (!/\/chunk-[^/]*\.json$/.test(at)) continue
    const found = await readJson<StagedChunk>(place.store, at)
    if (found) chunks.set(found.value.id, found.value)
  }
  return chunks
}

export async function writeChunkRecord(place: ObjectPlace, key: string, chunk: StagedChunk): Promise<void> {
  await writeJson(place.store, chunkKey(place, key, chunk.id), chunk)
}

export async function removeChunkRecord(place: ObjectPlace, key: string, id: string): Promise<void> {
  await place.store.rm(chunkKey(place, key, id))
}

export async function writeCommit(place: ObjectPlace, key: string, result: PublishResult): Promise<void> {
  await writeJson(place.store, commitKey(place, key), result)
}

export async function readCommit(place: ObjectPlace, key: string): Promise<PublishResult | null> {
  return (await readJson<PublishResult>(place.store, commitKey(place, key)))?.value ?? null
}

export async function markPublished(place: ObjectPlace, key: string): Promise<void> {
  await writeJson(place.store, publishedKey(place, key), {})
}

export async function wasPublished(place: ObjectPlace, key: string): Promise<boolean> {
  return (await place.store.stat(publishedKey(place, key))) !== null
}

/** Identifiers of all loads into a folder that may still go on. */
export async function openLoadIds(place: ObjectPlace): Promise<Set<string>> {
  const ids = new Set<string>()
  for await (const { key } of place.store.list(place.control)) {
    if (!/\/load-[^/]+\/load\.json$/.test(key)) continue
    const found = await readJson<LoadRecord>(place.store, key).catch((error: unknown) => {
      if (hasCode(error, 'OBJECT_NOT_FOUND')) return null
      throw error
    })
    if (found) ids.add(found.value.load)
  }
  return ids
}
