import type { ObjectInfo } from '../kit/object-store.ts'
import type { Container } from './client.ts'
import { azureError, codeOf, statusOf } from './errors.ts'

export function uriOf({ name }: Pick<Container, 'name'>, key: string): string {
  return `az://${name}/${key}`
}

/** One request, with errors of our tree; `key` names the blob that it is about. */
export async function ask<T>(
  container: Container,
  request: () => Promise<T>,
  key?: string,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted()
  try {
    return await request()
  } catch (error) {
    signal?.throwIfAborted()
    throw azureError(error, container.name, key)
  }
}

export function abortSignal(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {}
}

export function plainEtag(etag: string | undefined): string | null {
  return etag?.replace(/^"(.*)"$/, '$1') || null
}

interface Properties {
  readonly contentLength?: number
  readonly etag?: string
  readonly lastModified?: Date
}

export function infoOf(key: string, { contentLength = 0, etag, lastModified }: Properties): ObjectInfo {
  return { key, size: contentLength, etag: plainEtag(etag), modifiedAt: lastModified ?? null }
}

export async function statBlob(container: Container, key: string, signal?: AbortSignal): Promise<ObjectInfo | null> {
  return await ask(
    container,
    async () => {
      try {
        return infoOf(key, await container.client.getBlobClient(key).getProperties(abortSignal(signal)))
      } catch (error) {
        if (statusOf(error) === 404 && codeOf(error) !== 'ContainerNotFound') return null
        throw error
      }
    },
    key,
    signal,
  )
}
