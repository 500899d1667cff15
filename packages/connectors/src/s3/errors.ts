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

interface SdkError {
  readonly name: string
  readonly message: string
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number }
}

export function statusOf(error: unknown): number | undefined {
  return (error as Partial<SdkError> | null)?.$metadata?.httpStatusCode
}

export function nameOf(error: unknown): string {
  return (error as Partial<SdkError> | null)?.name ?? ''
}

/** Whether the driver had repeated the request: then the store may have done an earlier one. */
export function wasRepeated(error: unknown): boolean {
  return ((error as Partial<SdkError> | null)?.$metadata?.attempts ?? 1) > 1
}

export function isNotFound(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket' && nameOf(error) !== 'NoSuchUpload'
}

/** A condition of the request does not hold, or a second writer was at it in the same moment. */
export function isConditionFailed(error: unknown): boolean {
  return statusOf(error) === 412 || nameOf(error) === 'ConditionalRequestConflict'
}

const refusals: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch: 'the secret access key does not belong to the access key ID.',
  InvalidAccessKeyId: 'it does not know the access key ID.',
  ExpiredToken: 'the session token has expired. Get new credentials.',
  InvalidToken: 'the session token is not valid. Get new credentials.',
  RequestTimeTooSkewed: 'the clock of this machine differs too much from its own. Set the clock.',
}

/** What the SDK throws, in our tree of errors. */
export function s3Error(error: unknown, { bucket, uri = `s3://${bucket}` }: { bucket: string; uri?: string }): unknown {
  if (isMillraceError(error) || !(error instanceof Error) || error.name === 'AbortError') return error
  const { name } = error
  const status = statusOf(error)
  const context = { cause: error }
  if (name === 'NoSuchBucket') return bucketNotFound(`bucket "${bucket}"`, context)
  if (status === 404) return objectNotFound(uri, context)
  if (status === 412) return objectChanged(uri, context)
  if (name === 'CredentialsProviderError') {
    return new ConfigError('CREDENTIALS_REQUIRED', {
      message:
        'There are no credentials for S3. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give access_key_id and secret_access_key.',
    })
  }
  if (error.message === 'Region is missing') {
    return new ConfigError('REGION_REQUIRED', {
      message: `The region of the bucket "${bucket}" is not known. Set AWS_REGION, or "region" such as s3://${bucket}/?region=eu-central-1.`,
    })
  }
  if (status === 301 || name === 'PermanentRedirect' || name === 'AuthorizationHeaderMalformed') {
    return new ConfigError('WRONG_REGION', {
      message: `The bucket "${bucket}" lies in another region. Set AWS_REGION or "region" to its own.`,
    })
  }
  const refusal = refusals[name]
  if (refusal !== undefined || status === 401 || status === 403) {
    return accessDenied(uri, refusal ?? 'these credentials may not do that, or are not valid.', context)
  }
  const why = networkFailure(error)
  if (why !== null) return storeUnavailable(`The bucket "${bucket}"`, withoutQueries(why), context)
  if (status === 429 || (status ?? 0) >= 500 || /^(SlowDown|RequestTimeout|TimeoutError|Throttling)/.test(name)) {
    return storeUnavailable(`The bucket "${bucket}"`, `it answers ${name}${status ? ` (${status})` : ''}`, context)
  }
  const said = [name, flat(withoutQueries(error.message))].filter((text) => !/^(Error|UnknownError|)$/.test(text))
  return storeFailed(`The bucket "${bucket}"`, `${said.join(': ')}${status ? ` (${status})` : ''}`, context)
}
