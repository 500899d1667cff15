import type { BigIntStats, Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ObjectInfo } from '../kit/object-store.ts'
import { fileError, isMissing } from './errors.ts'

export interface ListOptions {
  readonly after?: string
  readonly signal?: AbortSignal
}

/** Null for anything but a file. */
export function infoOf(key: string, found: BigIntStats): ObjectInfo | null {
  if (!found.isFile()) return null
  const etag = [found.ino, found.size, found.mtimeNs].map((part) => part.toString(36)).join('-')
  return { key, size: Number(found.size), etag, modifiedAt: found.mtime }
}

/** Staging files, locks and states of loads. */
function isHidden(name: string): boolean {
  return name.includes('._millrace-')
}

/**
 * The files below a folder in the order of their keys' bytes. One folder at a time is in memory.
 * `prefix` is empty or ends with a slash.
 */
export async function* listFolder(
  root: string,
  prefix: string,
  { after = '', signal }: ListOptions = {},
): AsyncGenerator<ObjectInfo> {
  signal?.throwIfAborted()
  for (const { key, folder } of await childrenOf(root, prefix)) {
    if (folder) {
      if (isBefore(after, key) || after.startsWith(key)) {
        yield* listFolder(root, key, { after, ...(signal ? { signal } : {}) })
      }
    } else if (isBefore(after, key)) {
      const info = await stat(join(root, key), { bigint: true }).then(
        (found) => infoOf(key, found),
        (error: unknown) => {
          if (isMissing(error)) return null
          throw fileError(error, join(root, key))
        },
      )
      if (info) yield info
    }
  }
}

/** A folder's keys all begin with its name and a slash, which is what it is sorted by. */
async function childrenOf(root: string, prefix: string): Promise<{ key: string; folder: boolean }[]> {
  let entries: Dirent[]
  try {
    entries = await readdir(join(root, prefix), { withFileTypes: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw fileError(error, join(root, prefix))
  }
  return entries
    .filter((entry) => (entry.isFile() || entry.isDirectory()) && !isHidden(entry.name))
    .map((entry) => ({
      key: `${prefix}${entry.name}${entry.isDirectory() ? '/' : ''}`,
      folder: entry.isDirectory(),
    }))
    .sort((a, b) => compareKeys(a.key, b.key))
}

function isBefore(a: string, b: string): boolean {
  return compareKeys(a, b) < 0
}

/** By UTF-8 bytes, which is not how JavaScript compares characters beyond the basic plane. */
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
