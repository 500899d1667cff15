import { importDriver } from '../kit/import-driver.ts'
import { objectNotFound } from '../kit/object-errors.ts'
import { catObjects, checkExpiry, checkKey, folderPrefix, keysOf } from '../kit/object-keys.ts'
import { firstPart, partsOf, sendParts } from '../kit/object-parts.ts'
import type { ObjectStore, ObjectWriteOptions } from '../kit/object-store.ts'
import { readResuming } from '../kit/read-resuming.ts'
import { abortSignal, ask, type Bucket, checkBucket, head, plainEtag, uriOf } from './bucket.ts'
import { composeObjects } from './compose.ts'
import { s3Error, statusOf } from './errors.ts'
import { abortUploads, listObjects, removeFolder, removeObject } from './list.ts'
import { checkConditions, putObject, uploadPart, uploadParts } from './upload.ts'

type Presigner = typeof import('@aws-sdk/s3-request-presigner')

/** Parts double every thousand of them, so that the 10,000 that S3 takes make 8 TB; 8 GB need 8 MiB. */
export function partSize(index: number): number {
  return 2 ** (23 + Math.floor(index / 1000))
}

export function s3Store(bucket: Bucket): ObjectStore {
  const store: ObjectStore = {
    bucket: bucket.name,
    uri: (key) => uriOf(bucket, key),
    list: (prefix, options) => listObjects(bucket, prefix, options),
    ls: (prefix, signal) => keysOf(store.list(prefix, signal ? { signal } : {})),

    async stat(key, signal) {
      signal?.throwIfAborted()
      const found = await head(bucket, checkKey(key), signal)
      if (found === undefined) await checkBucket(bucket, signal)
      return found ?? null
    },

    async publicUrl(key, { expiresInSeconds } = {}) {
      const expiresIn = checkExpiry(expiresInSeconds)
      const { getSignedUrl } = await importDriver<Presigner>('@aws-sdk/s3-request-presigner')
      return await ask(bucket, ({ sdk, client }) =>
        getSignedUrl(client, new sdk.GetObjectCommand({ Bucket: bucket.name, Key: checkKey(key) }), { expiresIn }),
      )
    },

    read: (key, options = {}) =>
      readResuming(
        ({ start, end, etag, signal }) => openObject(bucket, checkKey(key), { start, end, etag, signal }),
        options,
        (error) => s3Error(error, { bucket: bucket.name, uri: uriOf(bucket, key) }),
      ),

    write: async (key, content, options = {}) => await writeObject(bucket, checkKey(key), content, options),
    compose: async (keys, into, signal) => await composeObjects(bucket, keys, checkKey(into), store.read, signal),

    rm: async (key, signal) => await removeObject(bucket, checkKey(key), signal),
    rmtree: (prefix, signal) => removeFolder(bucket, prefix, signal),
    abortUploads: (prefix, chosen, signal) => abortUploads(bucket, folderPrefix(prefix), chosen, signal),
    cat: (prefix, signal) => catObjects(store, prefix, signal),
  }
  return store
}

interface OpenOptions {
  readonly start: number
  readonly end: number | undefined
  readonly etag: string | undefined
  readonly signal: AbortSignal | undefined
}

async function openObject(bucket: Bucket, key: string, { start, end, etag, signal }: OpenOptions) {
  const ranged = start > 0 || end !== undefined
  const found = await ask(
    bucket,
    ({ sdk, client }) =>
      client
        .send(
          new sdk.GetObjectCommand({
            ...{ Bucket: bucket.name, Key: key },
            ...(ranged ? { Range: `bytes=${start}-${end === undefined ? '' : end - 1}` } : {}),
            ...(etag === undefined ? {} : { IfMatch: `"${etag}"` }),
          }),
          abortSignal(signal),
        )
        .catch((error: unknown) => {
          if (statusOf(error) === 416) return null
          throw error
        }),
    key,
    signal,
  )
  if (found === null) return null
  if (found.Body === undefined) throw objectNotFound(uriOf(bucket, key))
  return {
    body: found.Body as unknown as AsyncIterable<Uint8Array>,
    etag: plainEtag(found.ETag),
    length: found.ContentLength ?? 0,
  }
}

async function writeObject(
  bucket: Bucket,
  key: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ObjectWriteOptions,
) {
  const { signal } = options
  await checkConditions(bucket, key, options)
  const regrouped = partsOf(content, partSize)
  const first = await firstPart(regrouped, signal)
  if (first.only) return await putObject(bucket, key, first.part, options)
  return await uploadParts(bucket, key, options, (id) =>
    sendParts(
      first.parts,
      (part, index, stop) => uploadPart(bucket, key, part, { id, number: index + 1, signal: stop }),
      { signal },
    ),
  )
}
