import { ConfigError, isMillraceError } from '@millrace/core'
import {
  accessDenied,
  bucketNotFound,
  flat,
  networkFailure,
  objectChanged,
  objectNotFound,
  storeFailed,
  storeUnavailable,
  withoutQueries,
} from '../kit/object-errors.ts'

export function statusOf(error: unknown): number | undefined {
  const { code, status } = (error ?? {}) as { code?: unknown; status?: unknown }
  return [code, status].map(Number).find((number) => number >= 100 && number < 600)
}

/** Whether the same request may succeed if it is sent again. */
export function mayPass(error: unknown): boolean {
  const status = statusOf(error)
  return status === 408 || status === 429 || (status ?? 0) >= 500 || networkFailure(error) !== null
}

/** The driver's own errors may come from another copy of its HTTP client, and are not always an Error. */
function isError(error: unknown): error is Error {
  return typeof (error as Partial<Error> | null)?.message === 'string'
}

/** What the SDK throws, in our tree of errors. */
export function gcsError(error: unknown, bucket: string, key?: string): unknown {
  if (isMillraceError(error) || !isError(error) || error.name === 'AbortError') return error
  const uri = key === undefined ? `gs://${bucket}` : `gs://${bucket}/${key}`
  const place = `The bucket "${bucket}"`
  const status = statusOf(error)
  const context = { cause: error }
  if (status === 404)
    return key === undefined ? bucketNotFound(`bucket "${bucket}"`, context) : objectNotFound(uri, context)
  if (status === 412) return objectChanged(uri, context)
  if (status === 401 || status === 403) {
    return accessDenied(uri, 'these credentials may not do that, or are not valid.', context)
  }
  if (/default credentials|ENOENT|DECODER|private key|invalid_grant|client_email/i.test(error.message)) {
    return new ConfigError('CREDENTIALS_REQUIRED', {
      message:
        'There are no valid credentials for Google Cloud Storage. Set GOOGLE_APPLICATION_CREDENTIALS to the path of a service account’s key, or GOOGLE_APPLICATION_CREDENTIALS_JSON to its content.',
    })
  }
  const why = networkFailure(error)
  if (why !== null) return storeUnavailable(place, withoutQueries(why), context)
  if (status === 429 || status === 408 || (status ?? 0) >= 500) {
    return storeUnavailable(place, `it answers ${status}`, context)
  }
  return storeFailed(place, `${flat(withoutQueries(error.message))}${status ? ` (${status})` : ''}`, context)
}
