import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '@millrace/core'
import { parquetFooter } from '@millrace/formats'
import { emptyArchive } from '../files/assemble.ts'
import type { SavedSpec } from '../files/journal.ts'
import { countFiles } from '../files/read-back.ts'
import { filePrefix } from '../files/staging-file.ts'
import type { ObjectInfo } from '../kit/object-store.ts'
import type { LoadSpec, PublishResult } from '../kit/sink.ts'
import { rowsOf } from './manifest.ts'
import { loadFolder, type ObjectPlace } from './place.ts'
import { cannotAppend } from './plan.ts'
import { markPublished, readCommit, type StagedChunk, wasPublished, writeCommit } from './records.ts'
import { spoolObject } from './spool.ts'

/**
 * Puts one object together from the parts that were staged. From the commit on it is certain that
 * it will be there: whoever finds a commit that was not brought to its end does it again.
 */
export async function publishObject(
  place: ObjectPlace,
  spec: LoadSpec,
  chunks: readonly StagedChunk[],
): Promise<PublishResult> {
  const inserted = rowsOf(chunks)
  const there = await place.store.stat(place.key, spec.signal)
  if (there && spec.mode === 'append') throw new ConfigError('SCHEMA_CONFLICT', { message: cannotAppend(place) })
  if (there && spec.mode === 'replace' && inserted === 0 && !spec.allowEmpty) await refuseEmptyReplace(place, spec)
  const result: PublishResult = { inserted, updated: 0, skipped: 0 }
  await writeCommit(place, spec.key, result)
  return await finishObject(place, spec.key, spec, chunks, result)
}

/** The result of a publish; null before its end. One that was cut off is brought to its end unless it is held. */
export async function recoverObject(
  place: ObjectPlace,
  key: string,
  spec: SavedSpec,
  chunks: readonly StagedChunk[],
  isHeld: boolean,
): Promise<PublishResult | null> {
  const result = await readCommit(place, key)
  if (!result || (await wasPublished(place, key))) return result
  if (isHeld) return null
  return await finishObject(place, key, spec, chunks, result)
}

async function finishObject(
  place: ObjectPlace,
  key: string,
  { columns }: Pick<SavedSpec, 'columns'>,
  chunks: readonly StagedChunk[],
  result: PublishResult,
): Promise<PublishResult> {
  const { store, target } = place
  const folder = loadFolder(place, key)
  const parts = chunks.flatMap((chunk) => chunk.objects)
  const head = await filePrefix(target, columns)
  const foot = target.format === 'parquet' ? footer(columns, parts, head.length) : new Uint8Array(0)
  const keys = parts.map((part) => part.key)
  let written: ObjectInfo
  if (keys.length === 0) {
    const archive = target.format === 'parquet' || target.compression === 'none' ? null : target.compression
    const content = head.length === 0 && archive ? [await emptyArchive(archive)] : [head, foot]
    written = await store.write(place.key, content)
  } else {
    if (head.length > 0) {
      await store.write(`${folder}/head`, [head])
      keys.unshift(`${folder}/head`)
    }
    if (foot.length > 0) {
      await store.write(`${folder}/foot`, [foot])
      keys.push(`${folder}/foot`)
    }
    written = await store.compose(keys, place.key)
  }
  await markPublished(place, key)
  return { ...result, files: [{ path: place.label, bytes: written.size, rows: result.inserted }] }
}

function footer(columns: SavedSpec['columns'], parts: StagedChunk['objects'], start: number): Uint8Array {
  let position = start
  const placed = parts.flatMap(({ bytes, groups = [] }) => {
    const from = position
    position += bytes
    return groups.map(({ index, offset }) => ({ index, offset: from + offset }))
  })
  return parquetFooter(columns, placed)
}

async function refuseEmptyReplace(place: ObjectPlace, spec: LoadSpec): Promise<void> {
  const rows = await withLocalCopy(place, spec.signal, (path) =>
    countFiles([path], place.target, spec.columns.length, spec.signal),
  )
  if (rows === 0) return
  throw new ConfigError('EMPTY_REPLACE', {
    message: `The source has no rows, and the replace would empty "${place.label}", which has ${rows}. Say --allow-empty if that is meant.`,
    details: { rows },
  })
}

/** Works on a local copy of the target's one object. An object that changes meanwhile is an error. */
export async function withLocalCopy<T>(
  { store, key, label }: ObjectPlace,
  signal: AbortSignal | undefined,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const info = await store.stat(key, signal)
  if (!info) throw new ConfigError('OBJECT_NOT_FOUND', { message: `There is no object "${label}". Check the path.` })
  const folder = await mkdtemp(join(tmpdir(), 'millrace-objects-'))
  try {
    const path = join(folder, 'object')
    await spoolObject(store, info, path, { signal })
    return await work(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
