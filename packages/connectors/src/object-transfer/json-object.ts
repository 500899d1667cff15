import { DataError, isMillraceError } from '@millrace/core'
import type { ObjectInfo, ObjectStore, ObjectWriteOptions } from '../kit/object-store.ts'

export interface StoredJson<T> {
  readonly value: T
  readonly etag: string | null
}

/** A small object with its etag, both of one moment; null when there is none. */
export async function readJson<T>(
  store: ObjectStore,
  key: string,
  signal?: AbortSignal,
): Promise<StoredJson<T> | null> {
  for (let attempt = 0; ; attempt++) {
    const info = await store.stat(key, signal)
    if (!info) return null
    try {
      const parts: Buffer[] = []
      const pinned = info.etag === null ? {} : { etag: info.etag }
      for await (const bytes of store.read(key, { ...pinned, ...(signal ? { signal } : {}) }))
        parts.push(Buffer.from(bytes))
      return { value: parseJson<T>(store.uri(key), Buffer.concat(parts).toString('utf8')), etag: info.etag }
    } catch (error) {
      if (attempt < 5 && (hasCode(error, 'OBJECT_CHANGED') || hasCode(error, 'OBJECT_NOT_FOUND'))) continue
      throw error
    }
  }
}

export async function writeJson(
  store: ObjectStore,
  key: string,
  value: unknown,
  options: ObjectWriteOptions = {},
): Promise<ObjectInfo> {
  return await store.write(key, [Buffer.from(JSON.stringify(value))], { contentType: 'application/json', ...options })
}

export function hasCode(error: unknown, code: string): boolean {
  return isMillraceError(error) && error.code === code
}

function parseJson<T>(uri: string, text: string): T {
  try {
    return JSON.parse(text) as T
  } catch (error) {
    throw new DataError(uri.endsWith('/manifest.json') ? 'MANIFEST_DAMAGED' : 'RECORD_DAMAGED', {
      message: `${uri} is not the JSON that Millrace wrote there. Restore it from an earlier version, or remove it and copy the table again.`,
      cause: error,
    })
  }
}
