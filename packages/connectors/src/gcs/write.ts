import { createHash } from 'node:crypto'
import type { Bucket, FileMetadata } from '@google-cloud/storage'
import { objectChanged, objectExists, writeDamaged } from '../kit/object-errors.ts'
import { firstPart, partsOf } from '../kit/object-parts.ts'
import type { ObjectInfo, ObjectWriteOptions } from '../kit/object-store.ts'
import { ask } from './client.ts'
import { statusOf } from './errors.ts'
import { sendResumable } from './resumable.ts'

const partBytes = 8 * 2 ** 20

/** A generation is what other stores call an ETag: every content has its own. */
export function infoOf(key: string, { size, generation, updated }: FileMetadata): ObjectInfo {
  return {
    key,
    size: Number(size ?? 0),
    etag: generation === undefined ? null : String(generation),
    modifiedAt: updated === undefined ? null : new Date(updated),
  }
}

/** Null when there is no such object, or no such bucket. */
export async function statFile(bucket: Bucket, key: string, signal?: AbortSignal): Promise<ObjectInfo | null> {
  return await ask(
    bucket.name,
    async () => {
      try {
        return infoOf(key, (await bucket.file(key).getMetadata())[0])
      } catch (error) {
        if (statusOf(error) === 404) return null
        throw error
      }
    },
    key,
    signal,
  )
}

/** Small content is one request, larger content a resumable upload, which nobody sees until it is complete. */
export async function writeFile(
  bucket: Bucket,
  key: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ObjectWriteOptions,
): Promise<ObjectInfo> {
  const { ifAbsent, ifEtag, signal } = options
  const uri = `gs://${bucket.name}/${key}`
  if (ifAbsent || ifEtag !== undefined) {
    const found = await statFile(bucket, key, signal)
    if (ifAbsent && found) throw objectExists(uri)
    if (ifEtag !== undefined && found?.etag !== ifEtag) throw objectChanged(uri)
  }
  const file = bucket.file(key, { preconditionOpts: preconditions(options) })
  const first = await firstPart(
    partsOf(content, () => partBytes),
    signal,
  )
  const hash = createHash('md5')
  let sent = 0
  const send = async () => {
    if (first.only) {
      sent = first.part.length
      hash.update(first.part)
      await file.save(first.part, { resumable: false, validation: 'md5', ...metadataOf(options) })
      return file.metadata
    }
    async function* measured(parts: AsyncIterable<Buffer>) {
      for await (const part of parts) {
        hash.update(part)
        sent += part.length
        yield part
      }
    }
    const details = { preconditionOpts: preconditions(options), ...metadataOf(options) }
    return await sendResumable(file, measured(first.parts), details, signal)
  }
  const metadata = await ask(
    bucket.name,
    () =>
      send().catch(async (error: unknown) => {
        if (statusOf(error) !== 412) throw error
        // The driver repeats requests: the first one may have arrived although its answer did not.
        const [now] = await bucket
          .file(key)
          .getMetadata()
          .catch(() => [null])
        if (now !== null && Number(now.size) === sent && now.md5Hash === hash.copy().digest('base64')) return now
        throw ifAbsent ? objectExists(uri) : objectChanged(uri)
      }),
    key,
    signal,
  ).catch(async (error: { code?: string }) => {
    // There is nothing to be missing in a write but the bucket.
    if (error.code === 'OBJECT_NOT_FOUND') await ask(bucket.name, () => bucket.getMetadata())
    throw error
  })
  return await checked(bucket, key, metadata, sent, hash.digest('base64'))
}

function preconditions({ ifAbsent, ifEtag }: ObjectWriteOptions) {
  if (ifAbsent) return { ifGenerationMatch: 0 }
  return ifEtag === undefined ? {} : { ifGenerationMatch: ifEtag }
}

function metadataOf({ contentType }: ObjectWriteOptions) {
  return contentType === undefined ? {} : { contentType, metadata: { contentType } }
}

async function checked(
  bucket: Bucket,
  key: string,
  metadata: FileMetadata,
  size: number,
  md5: string,
): Promise<ObjectInfo> {
  const written = infoOf(key, metadata)
  const fits = written.size === size && (metadata.md5Hash === undefined || metadata.md5Hash === md5)
  if (fits) return written
  const [now] = await ask(bucket.name, () => bucket.file(key).getMetadata(), key)
  const stored = infoOf(key, now)
  if (stored.size === size && (now.md5Hash === undefined || now.md5Hash === md5)) return stored
  if (written.etag !== null && stored.etag !== written.etag) return written
  await bucket.file(key).delete({ ignoreNotFound: true })
  throw writeDamaged(`gs://${bucket.name}/${key}`, size, stored.size)
}
