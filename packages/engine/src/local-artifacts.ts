import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ConfigError, DataError } from '@millrace/core'
import type { ArtifactStore } from './artifacts.ts'

/** Files that are being written, beside the folders of keys, which never begin with a dot. */
const unfinishedFolder = '.unfinished'

/**
 * Keeps artifacts as files below a folder, which is made when it is first written to. What was put survives a crash of the
 * machine; the last seconds of what was appended may not.
 */
export function localArtifacts(folder: string): ArtifactStore {
  const pathOf = (key: string) => join(folder, ...segmentsOf(key))
  return {
    async put(key, bytes) {
      const path = pathOf(key)
      const unfinished = join(folder, unfinishedFolder, randomUUID())
      await mkdir(dirname(unfinished), { recursive: true })
      try {
        await using file = await open(unfinished, 'wx')
        await file.writeFile(bytes)
        await file.sync()
        await inFolder(dirname(path), () => rename(unfinished, path))
      } catch (error) {
        await rm(unfinished, { force: true })
        throw error
      }
      await syncFolder(dirname(path))
    },

    async get(key) {
      const path = pathOf(key)
      try {
        return await readFile(path)
      } catch (cause) {
        if (!isMissing(cause)) throw cause
        throw new DataError('ARTIFACT_MISSING', {
          message: `There is no artifact ${key}. It was removed, or written to another folder than ${folder}.`,
          details: { key },
          cause,
        })
      }
    },

    async append(key, offset, bytes) {
      const path = pathOf(key)
      // Not O_APPEND: a part that is sent twice at the same time lands on itself.
      await using file = await inFolder(dirname(path), () => openForAppend(path))
      const { size } = await file.stat()
      if (offset > size) {
        throw new DataError('ARTIFACT_GAP', {
          message: `The artifact ${key} has ${size} bytes; ${bytes.length} more were to be added at ${offset}. Send what is between first.`,
          details: { key, size, offset },
        })
      }
      const rest = bytes.subarray(size - offset)
      for (let at = 0; at < rest.length; ) {
        const { bytesWritten } = await file.write(rest, at, rest.length - at, size + at)
        at += bytesWritten
      }
      return size + rest.length
    },

    async read(key, start, limit) {
      const path = pathOf(key)
      try {
        await using file = await open(path, 'r')
        const { size } = await file.stat()
        const length = Math.max(0, Math.min(limit, size - start))
        const bytes = Buffer.alloc(length)
        let filled = 0
        while (filled < length) {
          const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled)
          if (bytesRead === 0) break
          filled += bytesRead
        }
        return bytes.subarray(0, filled)
      } catch (error) {
        if (isMissing(error)) return new Uint8Array()
        throw error
      }
    },

    async size(key) {
      const path = pathOf(key)
      try {
        return (await stat(path)).size
      } catch (error) {
        if (isMissing(error)) return 0
        throw error
      }
    },

    async removeFolder(key) {
      await rm(pathOf(key), { recursive: true, force: true })
    },
  }
}

function segmentsOf(key: string): string[] {
  const segments = key.split('/')
  if (segments.every((segment) => /^[\w@+=,-][\w.@+=,-]*$/.test(segment))) return segments
  throw new ConfigError('ARTIFACT_KEY_INVALID', {
    message: `${JSON.stringify(key)} cannot be the key of an artifact: it is made of names with "/" between them, and names of letters, digits and _ . - @ + = , that begin with no dot.`,
    details: { key },
  })
}

async function openForAppend(path: string) {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if (!isMissing(error)) throw error
    // Two may come here at once; only one of them may make the file, and none may empty it.
    return await open(path, 'ax').then(
      async (made) => {
        await made.close()
        return await open(path, 'r+')
      },
      async () => await open(path, 'r+'),
    )
  }
}

/** The folder is made when it turns out to be missing, and again when somebody removes it at that moment. */
async function inFolder<T>(folder: string, action: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await action()
    } catch (error) {
      if (!isMissing(error) || tries === 3) throw error
      await mkdir(folder, { recursive: true })
    }
  }
}

/** So that the new name survives a crash, too. Windows cannot and need not. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  await using handle = await open(folder, 'r')
  await handle.sync()
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
