import { createReadStream } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ConfigError } from '@millrace/core'
import { objectChanged, objectNotFound } from '../kit/object-errors.ts'
import { catObjects, checkKey, folderPrefix, keysOf } from '../kit/object-keys.ts'
import type { ObjectInfo, ObjectReadOptions, ObjectStore } from '../kit/object-store.ts'
import { fileError, isMissing } from './errors.ts'
import { infoOf, listFolder } from './list-folder.ts'
import { removeEmptyFolders, writeFileObject } from './write-object.ts'

/** A folder of this machine as an object store. One that does not exist is an empty one. */
export function folderStore(folder: string): ObjectStore {
  const root = resolve(folder)
  const pathOf = (key: string) => join(root, checkPath(checkKey(key)))
  const uri = (key: string) => `file://${join(root, key)}`

  const store: ObjectStore = {
    bucket: root,
    uri,
    list: (prefix, options) => listFolder(root, checkPath(folderPrefix(prefix)), options),
    ls: (prefix, signal) => keysOf(store.list(prefix, signal ? { signal } : {})),

    async stat(key, signal) {
      signal?.throwIfAborted()
      try {
        return infoOf(key, await stat(pathOf(key), { bigint: true }))
      } catch (error) {
        if (isAbsent(error)) return null
        throw fileError(error, pathOf(key))
      }
    },

    async publicUrl(key) {
      throw new ConfigError('NOT_SUPPORTED', {
        message: `${uri(key)} is a file of this machine, which has no signed address. Copy it to S3, Google Cloud Storage or Azure first.`,
      })
    },

    async *read(key, options = {}) {
      yield* readFileObject(pathOf(key), uri(key), options)
    },
    write: async (key, content, options = {}) =>
      await writeFileObject({ key, path: pathOf(key), uri: uri(key), root }, content, options),

    async compose(keys, into, signal) {
      const parts: ObjectInfo[] = []
      for (const key of keys) {
        const found = await store.stat(key, signal)
        if (found === null) throw objectNotFound(uri(key))
        parts.push(found)
      }
      async function* all() {
        for (const { key, etag } of parts) {
          yield* store.read(key, { ...(etag === null ? {} : { etag }), ...(signal ? { signal } : {}) })
        }
      }
      return await store.write(into, all(), signal ? { signal } : {})
    },

    async rm(key, signal) {
      signal?.throwIfAborted()
      const path = pathOf(key)
      try {
        await rm(path, { force: true })
      } catch (error) {
        if (isAbsent(error)) return
        // A folder is not an object.
        if ((error as NodeJS.ErrnoException).code === 'ERR_FS_EISDIR') return
        throw fileError(error, path)
      }
      await removeEmptyFolders(path, root)
    },

    async rmtree(prefix, signal) {
      signal?.throwIfAborted()
      const inner = checkPath(folderPrefix(prefix))
      const path = join(root, inner)
      if (inner !== '' && !(await stat(path).catch(() => null))?.isDirectory()) return
      try {
        await rm(path, { recursive: true, force: true, maxRetries: 3 })
      } catch (error) {
        throw fileError(error, path)
      }
      await removeEmptyFolders(path, root)
    },

    cat: (prefix, signal) => catObjects(store, prefix, signal),
  }
  return store
}

/** A key may not lead out of its folder. */
function checkPath(key: string): string {
  const parts = key.replace(/\/$/, '').split('/')
  if (key !== '' && (key.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..'))) {
    throw new ConfigError('INVALID_KEY', {
      message: `"${key.replaceAll('\0', '␀')}" cannot be the name of a file: no part of it may be empty, "." or "..".`,
    })
  }
  return key
}

function isAbsent(error: unknown): boolean {
  return isMissing(error) || (error as NodeJS.ErrnoException).code === 'ENOTDIR'
}

/** The file stays open, and so the content is the one that was checked also when another takes its place. */
async function* readFileObject(
  path: string,
  uri: string,
  { start = 0, end, etag, signal }: ObjectReadOptions,
): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted()
  if (end !== undefined && end <= start) return
  const file = await open(path, 'r').catch((error: unknown) => {
    if (!isAbsent(error)) throw fileError(error, path)
    throw etag === undefined ? objectNotFound(uri, { cause: error }) : objectChanged(uri, { cause: error })
  })
  try {
    const before = infoOf('', await file.stat({ bigint: true }))
    if (before === null) throw objectNotFound(uri)
    if (etag !== undefined && before.etag !== etag) throw objectChanged(uri)
    const stream = createReadStream(path, {
      fd: file,
      autoClose: false,
      highWaterMark: 1 << 20,
      start,
      ...(end === undefined ? {} : { end: end - 1 }),
      ...(signal ? { signal } : {}),
    })
    try {
      yield* stream
    } catch (error) {
      signal?.throwIfAborted()
      throw fileError(error, path)
    }
    // Somebody else's program may write into a file in place.
    if (etag !== undefined && infoOf('', await file.stat({ bigint: true }))?.etag !== etag) throw objectChanged(uri)
  } finally {
    await file.close().catch(() => {})
  }
}
