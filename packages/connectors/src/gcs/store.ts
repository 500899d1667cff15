import type { Bucket, GetFilesOptions } from '@google-cloud/storage'
import { abortable } from '@millrace/core'
import { objectChanged, objectNotFound } from '../kit/object-errors.ts'
import { catObjects, checkExpiry, checkKey, folderPrefix, isFolderMarker, keysOf } from '../kit/object-keys.ts'
import { sendParts } from '../kit/object-parts.ts'
import type { ObjectInfo, ObjectStore } from '../kit/object-store.ts'
import { type Range, readResuming } from '../kit/read-resuming.ts'
import { ask } from './client.ts'
import { composeFiles } from './compose.ts'
import { download } from './download.ts'
import { gcsError } from './errors.ts'
import { infoOf, statFile, writeFile } from './write.ts'

/** Removals under way at once; each is a request. */
const removals = 16

/** `pageSize` is how many names a listing brings at once, at most 1,000. */
export function gcsStore(name: string, connect: () => Promise<Bucket>, pageSize = 1000): ObjectStore {
  const store: ObjectStore = {
    bucket: name,
    uri: (key) => `gs://${name}/${key}`,

    async *list(prefix, { after, signal } = {}) {
      for await (const page of listPages(await connect(), folderPrefix(prefix), pageSize, signal, after)) {
        yield* page.filter(({ key }) => !isFolderMarker(key))
      }
    },

    ls: (prefix, signal) => keysOf(store.list(prefix, signal ? { signal } : {})),

    async stat(key, signal) {
      const bucket = await connect()
      const found = await statFile(bucket, checkKey(key), signal)
      if (found === null) await checkBucket(bucket)
      return found
    },

    async publicUrl(key, { expiresInSeconds } = {}) {
      const expires = Date.now() + checkExpiry(expiresInSeconds) * 1000
      const file = (await connect()).file(checkKey(key))
      return (await ask(name, () => file.getSignedUrl({ version: 'v4', action: 'read', expires })))[0]
    },

    async *read(key, options = {}) {
      const bucket = await connect()
      yield* readResuming(
        (range) => openFile(bucket, checkKey(key), range),
        options,
        (error) => gcsError(error, name, key),
      )
    },

    write: async (key, content, options = {}) => await writeFile(await connect(), checkKey(key), content, options),
    compose: async (keys, into, signal) => await composeFiles(await connect(), keys, checkKey(into), signal),
    rm: async (key, signal) => await removeFile(await connect(), checkKey(key), signal),

    async rmtree(prefix, signal) {
      const bucket = await connect()
      for await (const page of listPages(bucket, folderPrefix(prefix), pageSize, signal)) {
        async function* keys() {
          for (const { key } of page) yield key
        }
        await sendParts(keys(), (key, _, stop) => removeFile(bucket, key, stop), { atOnce: removals, signal })
      }
    },

    cat: (prefix, signal) => catObjects(store, prefix, signal),
  }
  return store
}

async function removeFile(bucket: Bucket, key: string, signal?: AbortSignal): Promise<void> {
  await ask(bucket.name, () => bucket.file(key).delete({ ignoreNotFound: true }), key, signal)
}

/** What is missing may be the object or the bucket. @throws ConfigError `BUCKET_NOT_FOUND` */
async function checkBucket(bucket: Bucket): Promise<void> {
  await ask(bucket.name, () => bucket.getFiles({ maxResults: 1, autoPaginate: false }))
}

async function* listPages(
  bucket: Bucket,
  prefix: string,
  pageSize: number,
  signal: AbortSignal | undefined,
  after?: string,
): AsyncGenerator<ObjectInfo[]> {
  let query: GetFilesOptions | null = {
    ...{ prefix, maxResults: pageSize, autoPaginate: false },
    ...(after === undefined ? {} : { startOffset: after }),
  }
  while (query !== null) {
    const wanted: GetFilesOptions = query
    const [files, next] = await ask(bucket.name, () => abortable(bucket.getFiles(wanted), signal), undefined, signal)
    yield files.map((file) => infoOf(file.name, file.metadata)).filter(({ key }) => key !== after)
    query = (next as GetFilesOptions | null | undefined) ?? null
  }
}

/** The content of one generation is read, so that another one cannot come in between. */
async function openFile(bucket: Bucket, key: string, { start, end, etag, signal }: Range) {
  const found = await statFile(bucket, key, signal)
  const uri = `gs://${bucket.name}/${key}`
  if (found === null) await checkBucket(bucket)
  if (found === null) throw etag === undefined ? objectNotFound(uri) : objectChanged(uri)
  if (etag !== undefined && found.etag !== etag) throw objectChanged(uri)
  const stop = Math.min(end ?? found.size, found.size)
  if (start >= stop) return null
  const body = await ask(
    bucket.name,
    () => download(bucket, key, { generation: found.etag, start, end: stop, signal }),
    key,
    signal,
  )
  return { body, etag: found.etag, length: stop - start }
}
