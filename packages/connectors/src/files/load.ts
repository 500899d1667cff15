import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, FatalError } from '@millrace/core'
import { type Column, type Piece, splitPieces } from '@millrace/formats'
import { journalPath } from '../kit/journal-file.ts'
import { lockTarget } from '../kit/lock-target.ts'
import { serial } from '../kit/serial.ts'
import type { Interrupted, Load, LoadSpec } from '../kit/sink.ts'
import { adoptMode, assembleFile, type Output } from './assemble.ts'
import { fileError } from './errors.ts'
import { existingFiles, existingPart } from './existing.ts'
import { appendLine, type Commit, type Extent, type PublishStep, readJournal, type StagedChunk } from './journal.ts'
import { type Place, partName, stagingPath, statePath } from './place.ts'
import { exists, finishCommit, publishCommit, recovered, removeEmptyFolders, stagingFolders } from './publish.ts'
import { countFiles, endsWithLineFeed, hashExtents, hashParquet } from './read-back.ts'
import { type ExtentWriter, filePrefix, openExtent } from './staging-file.ts'

/**
 * A load into a staging folder beside its target:
 *
 *     .orders.csv._millrace-<key>/
 *       journal.ndjson      what is certain, one line at a time
 *       lane-0, lane-1, …   rows; one file for each chunk in flight
 *
 * A chunk is appended to a free lane, synced, then entered in the journal: bytes behind what the
 * journal knows are from a chunk that was cut off, and are written over. The lane of the first chunk
 * becomes the target, and the rows of the other lanes are added to it. A target that is split
 * has a staging file for each of its parts instead.
 */
export async function openFileLoad(place: Place, spec: LoadSpec, resume: Interrupted | null): Promise<Load> {
  const folder = stagingPath(place, spec.key)
  const created = (await mkdir(place.parent, { recursive: true }).catch((error) => throwFor(error, place.path))) ?? null
  const unlock = await lockTarget(place.lock, place.path).catch((error) => throwFor(error, place.path))
  try {
    await recoverOthers(place, folder)
    if (!resume) {
      await rm(folder, { recursive: true, force: true })
      await mkdir(folder, { mode: 0o700 })
      const { columns, format, mode, journal, options, state } = spec
      const saved = { columns, format, mode, journal, options, ...(state ? { state } : {}) }
      await appendLine(folder, { type: 'load', spec: saved, created })
    }
    return await load(place, spec, folder, unlock)
  } catch (error) {
    await unlock()
    return throwFor(error, place.path)
  }
}

function throwFor(error: unknown, path: string): never {
  throw fileError(error, path)
}

/**
 * A publish of another load that a crash cut off comes before this one, or it would undo it some day. A folder
 * without a journal is the rest of one whose removal was cut off.
 */
async function recoverOthers(place: Place, own: string): Promise<void> {
  for (const folder of await stagingFolders(place, (key) => stagingPath(place, key))) {
    if (folder === own) continue
    const journal = await readJournal(folder)
    if (!journal) await rm(folder, { recursive: true, force: true })
    if (!journal?.commit || journal.published) continue
    await finishCommit(folder, journal.commit)
  }
}

async function load(place: Place, spec: LoadSpec, folder: string, unlock: () => Promise<void>): Promise<Load> {
  const { target } = place
  const { columns, signal } = spec
  const prefix = await filePrefix(target, columns)
  const first = await readJournal(folder)
  if (!first) {
    throw new FatalError('STAGING_LOST', {
      message: `The staging folder "${folder}" is not readable. Start the copy again with --restart.`,
    })
  }
  const { created } = first
  const chunks = new Map(first.chunks)
  const ends = new Map(first.ends)
  const idle = [...ends.keys()].filter((name) => name.startsWith('lane-'))
  // A lane that no chunk was finished in is not in the journal, so the numbers may have gaps.
  let lanes = 1 + Math.max(-1, ...idle.map((name) => Number(name.slice('lane-'.length))))
  const inOrder = serial()
  const splits = target.splitRows !== undefined || target.splitBytes !== undefined
  let outputs: Output[] | null = null
  let published = first.published
  let disposed = false

  const stagedChunks = () => [...chunks.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  const extentsOf = (list: readonly StagedChunk[]) => list.flatMap((chunk) => chunk.extents)
  const rowsOf = () => stagedChunks().reduce((sum, chunk) => sum + chunk.rows, 0)

  async function writeLane(pieces: AsyncIterable<Piece>): Promise<{ extents: Extent[]; bytes: number }> {
    const lane = idle.pop() ?? `lane-${lanes++}`
    let bytes = 0
    try {
      await using writer = await openExtent(folder, lane, ends.get(lane) ?? 0, prefix, target)
      for await (const piece of pieces) {
        bytes += piece.bytes.length
        await writer.write(piece)
      }
      const extent = await writer.finish()
      ends.set(lane, extent.offset + extent.length)
      return { extents: [extent], bytes }
    } finally {
      idle.push(lane)
    }
  }

  async function writeParts(id: string, pieces: AsyncIterable<Piece>): Promise<{ extents: Extent[]; bytes: number }> {
    const limits = {
      format: spec.format,
      ...(target.splitRows === undefined ? {} : { rows: target.splitRows }),
      ...(target.splitBytes === undefined ? {} : { bytes: target.splitBytes }),
    }
    const extents: Extent[] = []
    let bytes = 0
    let current = -1
    let writer: ExtentWriter | null = null
    try {
      for await (const { file, piece } of splitPieces(pieces, limits)) {
        if (file !== current) {
          if (writer) extents.push(await writer.finish())
          await writer?.[Symbol.asyncDispose]()
          current = file
          writer = await openExtent(folder, `part-${id}-${String(file).padStart(5, '0')}`, 0, prefix, target)
        }
        bytes += piece.bytes.length
        await writer?.write(piece)
      }
      if (writer) extents.push(await writer.finish())
      return { extents, bytes }
    } finally {
      await writer?.[Symbol.asyncDispose]()
    }
  }

  async function assemble(): Promise<Output[]> {
    if (outputs) return outputs
    const all = extentsOf(stagedChunks())
    const options = { folder, target, columns, prefix }
    if (splits && all.length > 0) {
      const parts: Output[] = []
      for (const extent of all) parts.push(await assembleFile(`out-${extent.file}`, [extent], options))
      outputs = parts
    } else outputs = [await assembleFile('out', all, options)]
    return outputs
  }

  async function refuseEmptyReplace(): Promise<void> {
    if (spec.mode !== 'replace' || spec.allowEmpty || rowsOf() > 0) return
    const rows = await countFiles(await existingFiles(place), target, columns.length, signal)
    if (rows > 0) {
      throw new ConfigError('EMPTY_REPLACE', {
        message: `The source has no rows, and the replace would empty "${place.path}", which has ${rows}. Say --allow-empty if that is meant.`,
        details: { rows },
      })
    }
  }

  /** Appending to a file makes a new one of the old content and the new rows. */
  async function appendedFile(): Promise<Output> {
    const base = { path: place.path, lineFeed: !(await endsWithLineFeed(place.path, target.compression)) }
    return await assembleFile('appended', extentsOf(stagedChunks()), { folder, target, columns, prefix, base })
  }

  async function plannedSteps(): Promise<{
    steps: PublishStep[]
    files: { path: string; bytes: number; rows: number }[]
  }> {
    if (!place.folder) {
      const there = await exists(place.path)
      const appends = spec.mode === 'append' && there && (await stat(place.path)).size > 0
      const output = appends ? await appendedFile() : ((await assemble())[0] as Output)
      await adoptMode(output.path, there ? place.path : null)
      return {
        steps: [{ kind: 'rename', from: output.path, to: place.path }],
        files: [{ path: place.path, bytes: output.bytes, rows: output.rows }],
      }
    }
    const start = spec.mode === 'append' ? await existingPart(place) : 0
    const made = await assemble()
    const named = made.map((output, index) => ({ output, name: partName(start + index, target) }))
    const files = named.map(({ output, name }) => ({
      path: join(place.path, name),
      bytes: output.bytes,
      rows: output.rows,
    }))
    for (const { path } of made) await adoptMode(path, null)
    if (spec.mode === 'append') {
      const steps = named.map(({ output, name }) => ({
        kind: 'rename' as const,
        from: output.path,
        to: join(place.path, name),
      }))
      return { steps, files }
    }
    const next = join(folder, 'folder')
    const fill = named.map(({ output, name }) => ({ kind: 'rename' as const, from: output.path, to: join(next, name) }))
    return { steps: [...fill, { kind: 'swap', from: next, to: place.path, old: join(folder, 'former') }], files }
  }

  const release = async () => {
    if (disposed) return
    disposed = true
    await unlock()
  }

  const remove = async () => {
    await rm(folder, { recursive: true, force: true })
    await release()
    await removeEmptyFolders(created, place.parent)
  }

  /** The journal goes last: until then it says that the rows are published, so whoever is cut off here finishes the removal. */
  const complete = async () => {
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      if (path !== journalPath(folder)) await rm(path, { recursive: true, force: true })
    }
    await remove()
  }

  /** The journal goes first: without the rows, nobody may take it for a load to go on with. */
  const abandon = async () => {
    await rm(journalPath(folder), { force: true })
    await remove()
  }

  return {
    async writeChunk(chunk, pieces, ledger) {
      signal.throwIfAborted()
      outputs = null
      try {
        const { extents, bytes } = await (splits ? writeParts(chunk.id, pieces) : writeLane(pieces))
        const rows = extents.reduce((sum, extent) => sum + extent.rows, 0)
        signal.throwIfAborted()
        const staged: StagedChunk = { id: chunk.id, rows, ledger: ledger(), extents }
        await inOrder(() => appendLine(folder, { type: 'chunk', ...staged }))
        chunks.set(chunk.id, staged)
        return { rows, bytes }
      } catch (error) {
        signal.throwIfAborted()
        return throwFor(error, place.path)
      }
    },

    async discardChunks(ids) {
      if (ids.length === 0) return
      outputs = null
      await inOrder(() => appendLine(folder, { type: 'discard', ids }))
      for (const id of ids) chunks.delete(id)
    },

    async stagedCount() {
      // What the journal counted is true as long as the files hold every byte it speaks of.
      for (const { file, offset, length } of extentsOf(stagedChunks())) {
        const size = (await stat(join(folder, file))).size
        if (size < offset + length) {
          throw new FatalError('STAGING_LOST', {
            message: `The staged file "${join(folder, file)}" is shorter than it was written. Start the copy again with --restart.`,
          })
        }
      }
      return rowsOf()
    },

    async stagedHash(hashed) {
      if (spec.format === 'parquet') {
        const made = await assemble().catch((error) => throwFor(error, place.path))
        return await hashParquet(
          made.map(({ path }) => path),
          hashed,
          signal,
        )
      }
      const all: readonly Column[] = columns
      return await hashExtents(folder, extentsOf(stagedChunks()), target, { all, hashed }, spec.options, signal)
    },

    async publish() {
      if (published)
        throw new FatalError('ALREADY_PUBLISHED', { message: `The load ${spec.key} has been published already.` })
      try {
        await refuseEmptyReplace()
        const { steps, files } = await plannedSteps()
        signal.throwIfAborted()
        const result = { inserted: rowsOf(), updated: 0, skipped: 0, files }
        const state = spec.state ? { path: statePath(place, spec.state.key), mark: spec.state.mark } : null
        const commit: Commit = { steps, result, ...(state ? { state } : {}) }
        await publishCommit(folder, commit)
        published = true
        return result
      } catch (error) {
        signal.throwIfAborted()
        return throwFor(error, place.path)
      }
    },

    complete,
    abandon,

    [Symbol.asyncDispose]: release,
  }
}

/** The load of this key that was cut off, if any; a publish that was cut off is brought to its end first. */
export async function findInterrupted(place: Place, key: string, planOnly = false): Promise<Interrupted | null> {
  const folder = stagingPath(place, key)
  const found = await readJournal(folder)
  if (!found) return null
  const { spec, chunks, commit, published } = planOnly ? found : await recovered(folder, place, found)
  const { columns, format, mode, journal, state } = spec
  return {
    key,
    spec: { columns, format, mode, journal, ...(state ? { state } : {}) },
    status: published ? 'published' : 'loading',
    finished: [...chunks.values()].map(({ id, rows }) => ({ id, rows })),
    ledger: [...chunks.values()].flatMap(({ ledger }) => ledger),
    ...(published && commit ? { published: commit.result } : {}),
  }
}
