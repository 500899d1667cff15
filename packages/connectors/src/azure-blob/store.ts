import { ConfigError } from '@millrace/core'
import { objectNotFound } from '../kit/object-errors.ts'
import { catObjects, checkExpiry, checkKey, folderPrefix, isFolderMarker, keysOf } from '../kit/object-keys.ts'
import { sendParts } from '../kit/object-parts.ts'
import type { ObjectInfo, ObjectStore } from '../kit/object-store.ts'
import { type Range, readResuming } from '../kit/read-resuming.ts'
import type { Container } from './client.ts'
import { azureError, codeOf, statusOf } from './errors.ts'
import { abortSignal, ask, infoOf, plainEtag, statBlob, uriOf } from './requests.ts'
import { writeBlob } from './write.ts'

/** Removals under way at once; each is a request. */
const removals = 16

/** `pageSize` is how many names a listing brings at once, at most 5,000. */
export function azureStore(name: string, connect: () => Promise<Container>, pageSize = 5000): ObjectStore {
  const store: ObjectStore = {
    bucket: name,
    uri: (key) => uriOf({ name }, key),

    async *list(prefix, { after, signal } = {}) {
      const container = await connect()
      for await (const page of listPages(container, { prefix: folderPrefix(prefix), after, signal, pageSize }))
        yield* page
    },

    ls: (prefix, signal) => keysOf(store.list(prefix, signal ? { signal } : {})),
    stat: async (key, signal) => await statBlob(await connect(), checkKey(key), signal),

    async publicUrl(key, { expiresInSeconds } = {}) {
      const seconds = checkExpiry(expiresInSeconds)
      const container = await connect()
      if (!container.canSign) {
        throw new ConfigError('NOT_SUPPORTED', {
          message:
            'Signed addresses of Azure Blob Storage need the account key, not a shared access signature. Set AZURE_STORAGE_KEY.',
        })
      }
      const permissions = container.sdk.BlobSASPermissions.parse('r')
      const expiresOn = new Date(Date.now() + seconds * 1000)
      return await container.client.getBlobClient(checkKey(key)).generateSasUrl({ permissions, expiresOn })
    },

    async *read(key, options = {}) {
      const container = await connect()
      yield* readResuming(
        (range) => openBlob(container, checkKey(key), range),
        options,
        (error) => azureError(error, name, key),
      )
    },

    write: async (key, content, options = {}) => await writeBlob(await connect(), checkKey(key), content, options),

    /** The bytes pass through here: the service would copy blocks from signed addresses only, and the emulator not at all. */
    async compose(keys, into, signal) {
      const parts: ObjectInfo[] = []
      for (const key of keys) {
        const found = await store.stat(key, signal)
        if (found === null) throw objectNotFound(store.uri(key))
        parts.push(found)
      }
      async function* all() {
        for (const { key, etag } of parts) {
          yield* store.read(key, { ...(etag === null ? {} : { etag }), ...(signal ? { signal } : {}) })
        }
      }
      return await store.write(into, all(), signal ? { signal } : {})
    },

    rm: async (key, signal) => await removeBlob(await connect(), checkKey(key), signal),

    async rmtree(prefix, signal) {
      const container = await connect()
      for await (const page of listPages(container, {
        prefix: folderPrefix(prefix),
        signal,
        pageSize,
        markers: true,
      })) {
        async function* keys() {
          for (const { key } of page) yield key
        }
        await sendParts(keys(), (key, _, stop) => removeBlob(container, key, stop), { atOnce: removals, signal })
      }
    },

    cat: (prefix, signal) => catObjects(store, prefix, signal),
  }
  return store
}

async function removeBlob(container: Container, key: string, signal?: AbortSignal): Promise<void> {
  const options = { deleteSnapshots: 'include' as const, ...abortSignal(signal) }
  await ask(container, () => container.client.getBlobClient(key).deleteIfExists(options), key, signal)
}

interface ListOptions {
  readonly prefix: string
  readonly after?: string | undefined
  readonly signal: AbortSignal | undefined
  readonly pageSize: number
  /** Also what only stands for a folder. */
  readonly markers?: boolean
}

async function* listPages(
  container: Container,
  { prefix, after, signal, pageSize, markers = false }: ListOptions,
): AsyncGenerator<ObjectInfo[]> {
  signal?.throwIfAborted()
  const pages = container.client
    .listBlobsFlat({ prefix, ...abortSignal(signal) })
    .byPage({ maxPageSize: pageSize })
    [Symbol.asyncIterator]()
  for (;;) {
    const next = await ask(container, () => pages.next(), undefined, signal)
    if (next.done) return
    yield next.value.segment.blobItems
      .map(({ name, properties }) => infoOf(name, properties))
      .filter(({ key }) => (markers || !isFolderMarker(key)) && (after === undefined || isAfter(key, after)))
  }
}

/** By UTF-8 bytes. */
function isAfter(key: string, after: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0
}

async function openBlob(container: Container, key: string, { start, end, etag, signal }: Range) {
  const answer = await ask(
    container,
    () =>
      container.client
        .getBlobClient(key)
        .download(start, end === undefined ? undefined : end - start, {
          ...(etag === undefined ? {} : { conditions: { ifMatch: `"${etag}"` } }),
          ...abortSignal(signal),
        })
        .catch((error: unknown) => {
          if (statusOf(error) === 416 || codeOf(error) === 'InvalidRange') return null
          throw error
        }),
    key,
    signal,
  )
  if (answer === null) return null
  return {
    body: answer.readableStreamBody as unknown as AsyncIterable<Uint8Array>,
    etag: plainEtag(answer.etag),
    length: answer.contentLength ?? 0,
  }
}
