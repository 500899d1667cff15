import type { Bucket } from '@google-cloud/storage'
import { readGoogleCredentials, useGoogleCredentials } from '../kit/google-credentials.ts'
import { importDriver } from '../kit/import-driver.ts'
import type { GcsConfig } from './config.ts'
import { gcsError } from './errors.ts'

type GcsSdk = typeof import('@google-cloud/storage')

export async function connectBucket(
  { project, endpoint, file, credentials }: GcsConfig,
  name: string,
): Promise<Bucket> {
  const { Storage, IdempotencyStrategy } = await importDriver<GcsSdk>('@google-cloud/storage')
  const storage = new Storage({
    ...(project === undefined ? {} : { projectId: project }),
    ...(endpoint === undefined ? {} : { apiEndpoint: endpoint }),
    // Whole objects under conditions: writing one again does no harm.
    retryOptions: {
      autoRetry: true,
      maxRetries: 3,
      maxRetryDelay: 8,
      retryDelayMultiplier: 1.5,
      idempotencyStrategy: IdempotencyStrategy.RetryAlways,
    },
  })
  // STORAGE_EMULATOR_HOST, where it is set, took the place of the whole address, path and all.
  storage.baseUrl = `${storage.apiEndpoint}/storage/v1`
  const given = credentials ?? (file === undefined ? undefined : await readGoogleCredentials(file))
  if (given !== undefined) useGoogleCredentials(storage, given)
  return storage.bucket(name)
}

/** One request, with errors of our tree; `key` names the object that it is about. The driver cannot be aborted. */
export async function ask<T>(
  bucket: string,
  request: () => Promise<T>,
  key?: string,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted()
  try {
    return await request()
  } catch (error) {
    signal?.throwIfAborted()
    throw gcsError(error, bucket, key)
  }
}
