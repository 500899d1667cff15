import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { fileError } from '../files/errors.ts'
import type { ObjectStore } from '../kit/object-store.ts'

/** Copies an object into a local file, as it was when its etag was taken. */
export async function spoolObject(
  store: ObjectStore,
  { key, etag }: { readonly key: string; readonly etag: string | null },
  path: string,
  around: { readonly before?: Uint8Array; readonly after?: Uint8Array; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const { before, after, signal } = around
  async function* content() {
    if (before) yield before
    for await (const bytes of store.read(key, { ...(etag === null ? {} : { etag }), ...(signal ? { signal } : {}) }))
      yield Buffer.from(bytes)
    if (after) yield after
  }
  try {
    await pipeline(content(), createWriteStream(path, { mode: 0o600 }), signal ? { signal } : {})
  } catch (error) {
    signal?.throwIfAborted()
    throw fileError(error, path)
  }
}
