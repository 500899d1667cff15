import { createHash, randomUUID } from 'node:crypto'
import { TransientError } from '@millrace/core'
import { objectChanged, objectExists, writeDamaged } from '../kit/object-errors.ts'
import { firstPart, partsOf, sendParts } from '../kit/object-parts.ts'
import type { ObjectInfo, ObjectWriteOptions } from '../kit/object-store.ts'
import type { Container } from './client.ts'
import { codeOf, isConditionFailed, statusOf } from './errors.ts'
import { ask, infoOf, plainEtag, statBlob, uriOf } from './requests.ts'

/** Azure takes 50,000 blocks: 8 MiB each for the first 80 GB, then twice as much every 10,000; in all 2.5 TB. */
function blockSize(index: number): number {
  return 2 ** (23 + Math.floor(index / 10_000))
}

/** Metadata of a conditional write, by which its writer knows it again. */
const writerName = 'millracewriter'

type Content = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/**
 * Small content is one request; larger content is staged in blocks, which nobody can see, and then made
 * the blob in one step. The service drops blocks of a write that failed with the next write of the same
 * key, or after a week; there is no request for it that would not be seen.
 */
export async function writeBlob(
  container: Container,
  key: string,
  content: Content,
  options: ObjectWriteOptions,
): Promise<ObjectInfo> {
  const { signal } = options
  if (options.ifAbsent || options.ifEtag !== undefined) {
    const found = await statBlob(container, key, signal)
    if (options.ifAbsent && found) throw objectExists(uriOf(container, key))
    if (options.ifEtag !== undefined && found?.etag !== options.ifEtag) throw objectChanged(uriOf(container, key))
  }
  const writer = randomUUID()
  const first = await firstPart(partsOf(content, blockSize), signal)
  const blob = container.client.getBlockBlobClient(key)
  if (first.only) {
    const md5 = createHash('md5').update(first.part).digest()
    const sent = await conditional(container, key, options, writer, () =>
      blob.upload(first.part, first.part.length, {
        ...{ ...commonOptions(options, writer), blobHTTPHeaders: { ...contentType(options), blobContentMD5: md5 } },
      }),
    )
    return { key, size: first.part.length, ...sent }
  }
  let size = 0
  const whole = createHash('md5')
  const ids = await sendParts(
    first.parts,
    async (block, index, stop) => {
      size += block.length
      whole.update(block)
      const md5 = createHash('md5').update(block).digest()
      // All names of a blob's blocks have one length; the writer's own part keeps two writers apart.
      const id = Buffer.from(`${writer}-${String(index).padStart(5, '0')}`).toString('base64')
      await ask(
        container,
        () => blob.stageBlock(id, block, block.length, { transactionalContentMD5: md5, abortSignal: stop }),
        key,
        stop,
      )
      return id
    },
    { signal },
  )
  const md5 = whole.digest()
  const sent = await conditional(container, key, options, writer, () =>
    blob.commitBlockList(ids, {
      ...{ ...commonOptions(options, writer), blobHTTPHeaders: { ...contentType(options), blobContentMD5: md5 } },
    }),
  )
  return await checked(container, { key, size, ...sent }, signal)
}

function commonOptions({ ifAbsent, ifEtag, signal }: ObjectWriteOptions, writer: string) {
  return {
    ...(ifAbsent || ifEtag !== undefined ? { metadata: { [writerName]: writer } } : {}),
    conditions: {
      ...(ifAbsent ? { ifNoneMatch: '*' } : {}),
      ...(ifEtag === undefined ? {} : { ifMatch: `"${ifEtag}"` }),
    },
    ...(signal ? { abortSignal: signal } : {}),
  }
}

function contentType({ contentType }: ObjectWriteOptions) {
  return contentType === undefined ? {} : { blobContentType: contentType }
}

interface Sent {
  readonly etag?: string
  readonly lastModified?: Date
}

async function conditional(
  container: Container,
  key: string,
  options: ObjectWriteOptions,
  writer: string,
  send: () => Promise<Sent>,
): Promise<Pick<ObjectInfo, 'etag' | 'modifiedAt'>> {
  const { ifAbsent, ifEtag, signal } = options
  const answer = await ask(
    container,
    () =>
      send().catch(async (error: unknown): Promise<Sent> => {
        const condition = ifAbsent || ifEtag !== undefined
        const lost = codeOf(error) === 'InvalidBlockList'
        const refused = isConditionFailed(error) || (ifEtag !== undefined && statusOf(error) === 404)
        if (!(condition && refused) && !lost) throw error
        // The driver repeats requests: the first one may have arrived although its answer did not.
        const properties = await container.client
          .getBlobClient(key)
          .getProperties()
          .catch(() => null)
        if (properties?.metadata?.[writerName] === writer) return properties
        if (ifAbsent) throw objectExists(uriOf(container, key))
        if (ifEtag !== undefined) throw objectChanged(uriOf(container, key))
        throw new TransientError('WRITE_OVERTAKEN', {
          message: `Somebody else wrote ${uriOf(container, key)} in the same moment, and the store dropped what was staged. Write it again.`,
        })
      }),
    key,
    signal,
  )
  return { etag: plainEtag(answer.etag), modifiedAt: answer.lastModified ?? null }
}

async function checked(container: Container, sent: ObjectInfo, signal?: AbortSignal): Promise<ObjectInfo> {
  const stored = await ask(container, () => container.client.getBlobClient(sent.key).getProperties(), sent.key, signal)
  const info = infoOf(sent.key, stored)
  if (info.etag !== sent.etag || info.size === sent.size) return sent
  await container.client.getBlobClient(sent.key).deleteIfExists()
  throw writeDamaged(uriOf(container, sent.key), sent.size, info.size)
}
