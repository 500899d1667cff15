import type { ObjectInfo } from '../kit/object-store.ts'
import type { S3Connection } from './client.ts'
import { s3Error } from './errors.ts'

/** One bucket and the way to it. Sizes are those of Amazon; tests use smaller ones. */
export interface Bucket {
  readonly name: string
  connect(): Promise<S3Connection>
  /** Keys per page of a listing, at most 1,000. */
  readonly pageSize: number
}

export function uriOf(bucket: Bucket, key: string): string {
  return `s3://${bucket.name}/${key}`
}

/** One request, with errors of our tree; `uri` names the object that it is about. */
export async function ask<T>(
  bucket: Bucket,
  request: (connection: S3Connection) => Promise<T>,
  key?: string,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted()
  try {
    return await request(await bucket.connect())
  } catch (error) {
    signal?.throwIfAborted()
    throw s3Error(error, { bucket: bucket.name, ...(key === undefined ? {} : { uri: uriOf(bucket, key) }) })
  }
}

/** Without the quotes that HTTP puts around them: some stores compare them without. */
export function plainEtag(etag: string | undefined): string | null {
  return etag?.replace(/^(W\/)?"(.*)"$/, '$2') || null
}

export function abortSignal(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {}
}

/** `undefined` when the answer is 404, whatever is missing. */
export async function head(bucket: Bucket, key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined> {
  const { sdk, client } = await bucket.connect()
  try {
    const found = await client.send(new sdk.HeadObjectCommand({ Bucket: bucket.name, Key: key }), abortSignal(signal))
    return {
      key,
      size: found.ContentLength ?? 0,
      etag: plainEtag(found.ETag),
      modifiedAt: found.LastModified ?? null,
    }
  } catch (error) {
    signal?.throwIfAborted()
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404) return undefined
    throw s3Error(error, { bucket: bucket.name, uri: uriOf(bucket, key) })
  }
}

/** A HEAD's 404 does not say whether the bucket or the object is missing. @throws ConfigError `BUCKET_NOT_FOUND` */
export async function checkBucket(bucket: Bucket, signal?: AbortSignal): Promise<void> {
  await ask(
    bucket,
    ({ sdk, client }) =>
      client.send(new sdk.ListObjectsV2Command({ Bucket: bucket.name, MaxKeys: 1 }), abortSignal(signal)),
    undefined,
    signal,
  )
}
