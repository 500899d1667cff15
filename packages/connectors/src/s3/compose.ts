import { ConfigError } from '@millrace/core'
import { objectChanged, objectNotFound } from '../kit/object-errors.ts'
import type { ObjectInfo, ObjectStore } from '../kit/object-store.ts'
import { abortSignal, ask, type Bucket, head, plainEtag, uriOf } from './bucket.ts'
import { isConditionFailed } from './errors.ts'
import { putObject, type SendPart, type StoredPart, uploadPart, uploadParts } from './upload.ts'

const mebibyte = 2 ** 20
/** The smallest part that may be followed by another one. */
const smallest = 5 * mebibyte
/** Copies of one part; the store takes up to 5 GiB, and this much at once goes on while others wait. */
const largest = 1024 * mebibyte
const mostParts = 10_000

/** What one part of the new object is made from: a range of one object by the store, or several small ones by us. */
export type PartPlan =
  | { readonly kind: 'copy'; readonly from: Range }
  | { readonly kind: 'gather'; readonly from: readonly Range[] }

interface Range {
  readonly object: ObjectInfo
  readonly start: number
  readonly end: number
}

/**
 * Cuts objects into parts that S3 takes: copied ones of 5 MiB to 1 GiB, and between them gathered ones
 * of at least 5 MiB, filled up from the object that follows.
 */
export function planParts(objects: readonly ObjectInfo[]): PartPlan[] {
  const plans: PartPlan[] = []
  let small: Range[] = []
  let gathered = 0
  const flush = () => {
    if (small.length > 0) plans.push({ kind: 'gather', from: small })
    small = []
    gathered = 0
  }
  for (const object of objects) {
    let at = 0
    while (at < object.size) {
      const left = object.size - at
      if (gathered >= smallest) flush()
      if (gathered > 0 || left < smallest) {
        const end = at + Math.min(left, smallest - gathered)
        small.push({ object, start: at, end })
        gathered += end - at
        at = end
        continue
      }
      // What is left of the object is never too small to be copied by itself.
      const end = left <= largest ? object.size : at + Math.min(largest, left - smallest)
      plans.push({ kind: 'copy', from: { object, start: at, end } })
      at = end
    }
  }
  flush()
  return plans
}

export async function composeObjects(
  bucket: Bucket,
  keys: readonly string[],
  into: string,
  read: ObjectStore['read'],
  signal?: AbortSignal,
): Promise<ObjectInfo> {
  const objects: ObjectInfo[] = []
  for (const key of keys) {
    const found = await head(bucket, key, signal)
    if (!found) throw objectNotFound(uriOf(bucket, key))
    objects.push(found)
  }
  const plans = planParts(objects)
  const options = signal ? { signal } : {}
  const only = plans[0]
  if (only === undefined || (plans.length === 1 && only.kind === 'gather')) {
    return await putObject(bucket, into, await gather(only?.kind === 'gather' ? only.from : [], read, signal), options)
  }
  if (plans.length > mostParts) {
    throw new ConfigError('TOO_MANY_PARTS', {
      message: `${keys.length} objects cannot be joined at once: S3 makes an object of ${mostParts.toLocaleString('en')} parts at most. Join some of them first.`,
    })
  }
  return await uploadParts(bucket, into, options, async (id) => {
    const parts: StoredPart[] = []
    for (const plan of plans) {
      const part = { id, number: parts.length + 1, signal: signal ?? new AbortController().signal }
      parts.push(
        plan.kind === 'copy'
          ? await copyPart(bucket, into, plan.from, part)
          : await uploadPart(bucket, into, await gather(plan.from, read, signal), part),
      )
    }
    return parts
  })
}

async function copyPart(
  bucket: Bucket,
  into: string,
  { object, start, end }: Range,
  { id, number, signal }: Parameters<SendPart>[0],
): Promise<StoredPart> {
  const whole = start === 0 && end === object.size
  const copied = await ask(
    bucket,
    ({ sdk, client }) =>
      client
        .send(
          new sdk.UploadPartCopyCommand({
            ...{ Bucket: bucket.name, Key: into, UploadId: id, PartNumber: number },
            CopySource: [bucket.name, ...object.key.split('/')].map(encodeURIComponent).join('/'),
            ...(object.etag === null ? {} : { CopySourceIfMatch: object.etag }),
            ...(whole ? {} : { CopySourceRange: `bytes=${start}-${end - 1}` }),
          }),
          abortSignal(signal),
        )
        .catch((error: unknown) => {
          throw isConditionFailed(error) ? objectChanged(uriOf(bucket, object.key)) : error
        }),
    object.key,
    signal,
  )
  return { etag: plainEtag(copied.CopyPartResult?.ETag) ?? '', size: end - start }
}

async function gather(ranges: readonly Range[], read: ObjectStore['read'], signal?: AbortSignal): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for (const { object, start, end } of ranges) {
    const etag = object.etag === null ? {} : { etag: object.etag }
    for await (const bytes of read(object.key, { start, end, ...etag, ...(signal ? { signal } : {}) })) {
      pieces.push(bytes)
    }
  }
  return Buffer.concat(pieces)
}
