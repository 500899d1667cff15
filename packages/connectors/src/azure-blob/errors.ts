import { isMillraceError } from '@millrace/core'
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

interface RestError {
  readonly statusCode?: number
  readonly code?: string
  readonly details?: { readonly errorCode?: string }
}

export function statusOf(error: unknown): number | undefined {
  return (error as RestError | null)?.statusCode
}

export function codeOf(error: unknown): string {
  const { code, details } = (error ?? {}) as RestError
  return details?.errorCode ?? code ?? ''
}

/** A condition of the request does not hold. */
export function isConditionFailed(error: unknown): boolean {
  return statusOf(error) === 412 || codeOf(error) === 'BlobAlreadyExists'
}

/** What the SDK throws, in our tree of errors. Its own messages hold the request, with signatures. */
export function azureError(error: unknown, container: string, key?: string): unknown {
  if (isMillraceError(error) || !(error instanceof Error) || error.name === 'AbortError') return error
  const uri = key === undefined ? `az://${container}` : `az://${container}/${key}`
  const place = `The container "${container}"`
  const code = codeOf(error)
  const status = statusOf(error)
  const context = { cause: error }
  if (code === 'ContainerNotFound' || code === 'ContainerBeingDeleted') {
    return bucketNotFound(`container "${container}"`, context)
  }
  if (status === 404) return objectNotFound(uri, context)
  if (isConditionFailed(error)) return objectChanged(uri, context)
  if (status === 401 || status === 403) {
    const why = /AuthenticationFailed|AuthorizationFailure/.test(code)
      ? 'the account key or the shared access signature is not valid.'
      : 'these credentials may not do that.'
    return accessDenied(uri, why, context)
  }
  const why = networkFailure(error)
  if (why !== null || code === 'REQUEST_SEND_ERROR') {
    return storeUnavailable(place, withoutQueries(why ?? flat(error.message)), context)
  }
  if (status === 429 || (status ?? 0) >= 500 || code === 'OperationTimedOut') {
    return storeUnavailable(place, `it answers ${code}${status ? ` (${status})` : ''}`, context)
  }
  const said = code || flat(withoutQueries(error.message.split('\n')[0] ?? ''))
  return storeFailed(place, `${said}${status ? ` (${status})` : ''}`, context)
}
