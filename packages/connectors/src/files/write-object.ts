import { createHash, randomUUID } from 'node:crypto'
import { type FileHandle, link, mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { abortable, isMillraceError, retry } from '@millrace/core'
import { lockTarget } from '../kit/lock-target.ts'
import { objectChanged, objectExists, writeDamaged } from '../kit/object-errors.ts'
import type { ObjectInfo, ObjectWriteOptions } from '../kit/object-store.ts'
import { adoptMode } from './assemble.ts'
import { syncFolder, writeAll } from './durable.ts'
import { fileError, isMissing } from './errors.ts'
import { infoOf } from './list-folder.ts'
import { exists } from './publish.ts'

interface Place {
  readonly key: string
  readonly path: string
  readonly uri: string
  readonly root: string
}

/** Written beside its place under a hidden name, and put there in one step. */
export async function writeFileObject(
  place: Place,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ObjectWriteOptions,
): Promise<ObjectInfo> {
  const { path, root } = place
  const temporary = join(dirname(path), `._millrace-${randomUUID()}`)
  options.signal?.throwIfAborted()
  try {
    await checkConditions(place, options)
    const size = await writeTo(temporary, content, options.signal)
    const info = await putInPlace(temporary, place, options)
    if (info.size !== size) {
      await rm(path, { force: true })
      throw writeDamaged(place.uri, size, info.size)
    }
    return info
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    await removeEmptyFolders(path, root)
    throw fileError(error, path)
  }
}

async function writeTo(
  path: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const file = await create(path)
  const pieces = iterate(content)
  try {
    let position = 0
    for (;;) {
      const next = await abortable(Promise.resolve(pieces.next()), signal)
      if (next.done) break
      position = await writeAll(file, next.value, position)
    }
    await file.sync()
    return position
  } catch (error) {
    // Content that hangs is not waited for.
    void Promise.resolve(pieces.return?.()).catch(() => {})
    throw error
  } finally {
    await file.close()
  }
}

/** Whoever removes the last file of a folder removes the folder, which may be just when another file is made in it. */
async function create(path: string): Promise<FileHandle> {
  for (let attempt = 1; ; attempt++) {
    await mkdir(dirname(path), { recursive: true })
    try {
      return await open(path, 'wx', 0o600)
    } catch (error) {
      if (!isMissing(error) || attempt === 10) throw error
    }
  }
}

function iterate<T>(content: AsyncIterable<T> | Iterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in content ? content[Symbol.asyncIterator]() : content[Symbol.iterator]()
}

/** A link fails where there is a file, so of two that write only if there is none, one wins. */
async function putInPlace(temporary: string, place: Place, options: ObjectWriteOptions): Promise<ObjectInfo> {
  const { key, path, uri } = place
  await adoptMode(temporary, (await exists(path)) ? path : null)
  if (options.ifAbsent) {
    await link(temporary, path).catch((error: unknown) => {
      throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? objectExists(uri, { cause: error }) : error
    })
    await rm(temporary)
  } else if (options.ifEtag !== undefined) {
    await alone(path, async () => {
      await checkConditions(place, options)
      await rename(temporary, path)
    })
  } else {
    await rename(temporary, path)
  }
  await syncFolder(dirname(path))
  const info = infoOf(key, await stat(path, { bigint: true }))
  if (info === null) throw objectChanged(uri)
  return info
}

const waiting = new Map<string, Promise<void>>()

/** Nobody else's conditional write of this file comes between the check and the rename. */
async function alone(path: string, work: () => Promise<void>): Promise<void> {
  const before = waiting.get(path)
  const turn = (async () => {
    await before?.catch(() => {})
    const lock = join(dirname(path), `.${createHash('sha256').update(path).digest('hex')}._millrace-lock`)
    const unlock = await retry(() => lockTarget(lock, path), {
      ...{ retries: 40, minDelayMs: 20, maxDelayMs: 200 },
      shouldRetry: (error) => isMillraceError(error) && error.code === 'LOAD_RUNNING',
    })
    try {
      await work()
    } finally {
      await unlock()
    }
  })()
  waiting.set(path, turn)
  try {
    await turn
  } finally {
    if (waiting.get(path) === turn) waiting.delete(path)
  }
}

async function checkConditions({ path, uri }: Place, { ifAbsent, ifEtag }: ObjectWriteOptions): Promise<void> {
  if (!ifAbsent && ifEtag === undefined) return
  const found = await stat(path, { bigint: true }).catch(() => null)
  if (ifAbsent && found?.isFile()) throw objectExists(uri)
  if (ifEtag !== undefined && (found === null || infoOf('', found)?.etag !== ifEtag)) throw objectChanged(uri)
}

/** A folder is there because of what is in it, as in a real object store. The root stays. */
export async function removeEmptyFolders(path: string, root: string): Promise<void> {
  for (let folder = dirname(path); folder.startsWith(`${root}/`); folder = dirname(folder)) {
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    )
    if (!removed) return
  }
}
