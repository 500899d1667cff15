import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3'
import { storeFailed } from '../kit/object-errors.ts'
import { folderPrefix, isFolderMarker } from '../kit/object-keys.ts'
import type { ObjectInfo } from '../kit/object-store.ts'
import { abortSignal, ask, type Bucket, plainEtag } from './bucket.ts'
import { nameOf, statusOf } from './errors.ts'

export interface ListOptions {
  readonly after?: string
  readonly signal?: AbortSignal
}

/**
 * Pages begin after the last key of the one before instead of by a token: every store can do that.
 * Keys come URL-encoded, since XML cannot hold all of them.
 */
export async function* listPages(
  bucket: Bucket,
  prefix: string,
  { after, signal }: ListOptions = {},
): AsyncGenerator<ObjectInfo[]> {
  let last = after
  for (;;) {
    const page: ListObjectsV2CommandOutput = await ask(
      bucket,
      ({ sdk, client }) =>
        client.send(
          new sdk.ListObjectsV2Command({
            Bucket: bucket.name,
            Prefix: prefix,
            MaxKeys: bucket.pageSize,
            EncodingType: 'url',
            ...(last === undefined ? {} : { StartAfter: last }),
          }),
          abortSignal(signal),
        ),
      undefined,
      signal,
    )
    const objects = (page.Contents ?? []).map(({ Key = '', Size = 0, ETag, LastModified }) => ({
      key: page.EncodingType === 'url' ? decodeKey(Key) : Key,
      size: Size,
      etag: plainEtag(ETag),
      modifiedAt: LastModified ?? null,
    }))
    yield objects
    const end = objects.at(-1)?.key
    if (!page.IsTruncated || end === undefined) return
    if (end === last) throw storeFailed(`The bucket "${bucket.name}"`, 'it lists the same page again and again')
    last = end
  }
}

export async function* listObjects(bucket: Bucket, folder: string, options?: ListOptions): AsyncGenerator<ObjectInfo> {
  for await (const page of listPages(bucket, folderPrefix(folder), options)) {
    yield* page.filter(({ key }) => !isFolderMarker(key))
  }
}

function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '))
}

/** Everything below a folder, also the parts of uploads that nobody finished. */
export async function removeFolder(bucket: Bucket, folder: string, signal?: AbortSignal): Promise<void> {
  const prefix = folderPrefix(folder)
  for await (const page of listPages(bucket, prefix, signal ? { signal } : {})) {
    const keys = page.map(({ key }) => key)
    for (const key of keys.filter((name) => !fitsXml(name))) await removeObject(bucket, key, signal)
    await removeBatch(bucket, keys.filter(fitsXml), signal)
  }
  await abortUploads(bucket, prefix, () => true, signal)
}

/** A list of keys is sent as XML, which cannot hold some characters. */
function fitsXml(key: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones.
  return !/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/.test(key)
}

export async function removeObject(bucket: Bucket, key: string, signal?: AbortSignal): Promise<void> {
  await ask(
    bucket,
    ({ sdk, client }) =>
      client.send(new sdk.DeleteObjectCommand({ Bucket: bucket.name, Key: key }), abortSignal(signal)),
    key,
    signal,
  )
}

async function removeBatch(bucket: Bucket, keys: readonly string[], signal?: AbortSignal): Promise<void> {
  if (keys.length === 0) return
  const result = await ask(
    bucket,
    ({ sdk, client }) =>
      client.send(
        new sdk.DeleteObjectsCommand({
          Bucket: bucket.name,
          Delete: { Objects: keys.map((key) => ({ Key: key })), Quiet: true },
        }),
        abortSignal(signal),
      ),
    undefined,
    signal,
  )
  const failed = (result.Errors ?? []).find(({ Code }) => Code !== 'NoSuchKey')
  if (!failed) return
  const httpStatusCode = failed.Code === 'AccessDenied' ? 403 : 500
  const error = Object.assign(new Error(failed.Message), {
    name: failed.Code ?? 'Error',
    $metadata: { httpStatusCode },
  })
  await ask(bucket, () => Promise.reject(error), failed.Key)
}

/** Unfinished uploads have a price and appear in no listing. Who may not list them leaves them. */
export async function abortUploads(
  bucket: Bucket,
  prefix: string,
  chosen: (key: string) => boolean,
  signal?: AbortSignal,
): Promise<void> {
  const { sdk, client } = await bucket.connect()
  let after = {}
  for (;;) {
    const command = { Bucket: bucket.name, Prefix: prefix, ...after }
    const found = await client
      .send(new sdk.ListMultipartUploadsCommand(command), abortSignal(signal))
      .catch((error: unknown) => {
        if (statusOf(error) === 403 || statusOf(error) === 501) return null
        return ask(bucket, () => Promise.reject(error), undefined, signal)
      })
    for (const { Key = '', UploadId = '' } of found?.Uploads ?? []) {
      if (chosen(Key)) await abortUpload(bucket, Key, UploadId, signal)
    }
    if (!found?.IsTruncated || !found.NextKeyMarker) return
    after = { KeyMarker: found.NextKeyMarker, UploadIdMarker: found.NextUploadIdMarker }
  }
}

export async function abortUpload(bucket: Bucket, key: string, id: string, signal?: AbortSignal): Promise<void> {
  await ask(
    bucket,
    async ({ sdk, client }) => {
      const command = new sdk.AbortMultipartUploadCommand({ Bucket: bucket.name, Key: key, UploadId: id })
      await client.send(command, abortSignal(signal)).catch((error: unknown) => {
        if (nameOf(error) !== 'NoSuchUpload') throw error
      })
    },
    key,
    signal,
  )
}
