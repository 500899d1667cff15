import { createHash } from 'node:crypto'
import type { CompletedPart } from '@aws-sdk/client-s3'
import { isMillraceError, retry } from '@millrace/core'
import { objectChanged, objectExists, writeDamaged } from '../kit/object-errors.ts'
import type { ObjectInfo, ObjectWriteOptions } from '../kit/object-store.ts'
import { abortSignal, ask, type Bucket, head, plainEtag, uriOf } from './bucket.ts'
import { isConditionFailed, isNotFound, nameOf, wasRepeated } from './errors.ts'
import { abortUpload } from './list.ts'

/** A part as the store has it. */
export interface StoredPart {
  readonly etag: string
  readonly size: number
}

/** How a part gets to the store: its bytes, or a range of another object. */
export type SendPart = (part: {
  readonly id: string
  readonly number: number
  readonly signal: AbortSignal
}) => Promise<StoredPart>

type Conditions = Pick<ObjectWriteOptions, 'ifAbsent' | 'ifEtag'>

function conditionsOf({ ifAbsent, ifEtag }: Conditions): { IfNoneMatch?: '*'; IfMatch?: string } {
  return { ...(ifAbsent ? { IfNoneMatch: '*' as const } : {}), ...(ifEtag === undefined ? {} : { IfMatch: ifEtag }) }
}

/** Known beforehand, a conflict costs no upload. Stores that cannot check at the end are also asked here last. */
export async function checkConditions(
  bucket: Bucket,
  key: string,
  { ifAbsent, ifEtag, signal }: ObjectWriteOptions,
): Promise<void> {
  if (!ifAbsent && ifEtag === undefined) return
  const found = await head(bucket, key, signal)
  if (ifAbsent && found) throw objectExists(uriOf(bucket, key))
  if (ifEtag !== undefined && found?.etag !== ifEtag) throw objectChanged(uriOf(bucket, key))
}

/** The store compares the bytes with their MD5 and refuses what does not fit. */
export async function putObject(
  bucket: Bucket,
  key: string,
  body: Buffer,
  options: ObjectWriteOptions,
): Promise<ObjectInfo> {
  const { contentType, signal } = options
  const md5 = createHash('md5').update(body).digest()
  const etag = md5.toString('hex')
  const put = await ask(
    bucket,
    async ({ sdk, client }) => {
      const command = new sdk.PutObjectCommand({
        ...{ Bucket: bucket.name, Key: key, Body: body, ContentMD5: md5.toString('base64') },
        ...(contentType === undefined ? {} : { ContentType: contentType }),
        ...conditionsOf(options),
      })
      return await client.send(command, abortSignal(signal)).catch(async (error: unknown) => {
        if (!isConditionFailed(error) && !(options.ifEtag !== undefined && isNotFound(error))) throw error
        // The first try may have arrived although its answer did not.
        if (wasRepeated(error) && (await head(bucket, key, signal))?.etag === etag) return { ETag: etag }
        throw options.ifAbsent ? objectExists(uriOf(bucket, key)) : objectChanged(uriOf(bucket, key))
      })
    },
    key,
    signal,
  )
  return await checked(bucket, { key, size: body.length, etag: plainEtag(put.ETag), modifiedAt: null }, etag, signal)
}

/**
 * Makes an object of parts that `send` brings to the store. When anything fails, the upload is aborted
 * and nothing of it stays.
 */
export async function uploadParts(
  bucket: Bucket,
  key: string,
  options: ObjectWriteOptions,
  sendAll: (id: string) => Promise<readonly StoredPart[]>,
): Promise<ObjectInfo> {
  const { contentType, signal } = options
  const id = await ask(
    bucket,
    async ({ sdk, client }) => {
      const type = contentType === undefined ? {} : { ContentType: contentType }
      const command = new sdk.CreateMultipartUploadCommand({ Bucket: bucket.name, Key: key, ...type })
      return (await client.send(command, abortSignal(signal))).UploadId ?? ''
    },
    key,
    signal,
  )
  try {
    const parts = await sendAll(id)
    await checkConditions(bucket, key, options)
    return await complete(bucket, key, id, parts, options)
  } catch (error) {
    await giveUp(bucket, key, id)
    throw error
  }
}

export async function uploadPart(
  bucket: Bucket,
  key: string,
  body: Buffer,
  { id, number, signal }: Parameters<SendPart>[0],
): Promise<StoredPart> {
  const md5 = createHash('md5').update(body).digest()
  const sent = await ask(
    bucket,
    ({ sdk, client }) =>
      client.send(
        new sdk.UploadPartCommand({
          ...{ Bucket: bucket.name, Key: key, UploadId: id, PartNumber: number },
          ...{ Body: body, ContentMD5: md5.toString('base64') },
        }),
        abortSignal(signal),
      ),
    key,
    signal,
  )
  return { etag: plainEtag(sent.ETag) ?? md5.toString('hex'), size: body.length }
}

async function complete(
  bucket: Bucket,
  key: string,
  id: string,
  parts: readonly StoredPart[],
  options: ObjectWriteOptions,
): Promise<ObjectInfo> {
  const { signal } = options
  const etag = etagOfParts(parts)
  const size = parts.reduce((sum, part) => sum + part.size, 0)
  const list: CompletedPart[] = parts.map((part, index) => ({ PartNumber: index + 1, ETag: part.etag }))
  const completed = await ask(
    bucket,
    async ({ sdk, client }) => {
      const command = new sdk.CompleteMultipartUploadCommand({
        ...{ Bucket: bucket.name, Key: key, UploadId: id, MultipartUpload: { Parts: list } },
        ...conditionsOf(options),
      })
      return await client.send(command, abortSignal(signal)).catch(async (error: unknown) => {
        const arrived = nameOf(error) === 'NoSuchUpload' || wasRepeated(error)
        if (arrived && (await head(bucket, key, signal))?.etag === etag) return { ETag: etag }
        if (isConditionFailed(error)) {
          throw options.ifAbsent ? objectExists(uriOf(bucket, key)) : objectChanged(uriOf(bucket, key))
        }
        throw error
      })
    },
    key,
    signal,
  )
  return await checked(bucket, { key, size, etag: plainEtag(completed.ETag) ?? etag, modifiedAt: null }, null, signal)
}

/** MD5 of the parts' MD5s and their number; what every store gives that does not encrypt with keys of its own. */
function etagOfParts(parts: readonly StoredPart[]): string {
  const hash = createHash('md5')
  for (const { etag } of parts) hash.update(Buffer.from(etag, 'hex'))
  return `${hash.digest('hex')}-${parts.length}`
}

/** An ETag that is the content's MD5 proves it; otherwise the store is asked for the size. */
async function checked(
  bucket: Bucket,
  sent: ObjectInfo,
  md5: string | null,
  signal: AbortSignal | undefined,
): Promise<ObjectInfo> {
  if (md5 !== null && sent.etag === md5) return sent
  const stored = await head(bucket, sent.key, signal)
  // Somebody else's content by now says nothing about ours.
  if (stored === undefined || stored.etag !== sent.etag) return sent
  if (stored.size === sent.size) return stored
  const { sdk, client } = await bucket.connect()
  await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket.name, Key: sent.key }))
  throw writeDamaged(uriOf(bucket, sent.key), sent.size, stored.size)
}

/** Also after an abort, and for a while when the store cannot be reached; the first error is the one that counts. */
async function giveUp(bucket: Bucket, key: string, id: string): Promise<void> {
  const shouldRetry = (error: unknown) => isMillraceError(error) && error.recovery === 'transient'
  await retry(() => abortUpload(bucket, key, id), { retries: 3, deadlineMs: 20_000, shouldRetry }).catch(() => {})
}
