import { ConfigError } from '@millrace/core'
import { trimSlashes } from './object-keys.ts'

export type ObjectService = 's3' | 'gcs' | 'azure-blob'

export interface ObjectUrl {
  readonly service: ObjectService
  readonly bucket: string
  /** Without slashes at its ends; null when the URL names the whole bucket. */
  readonly key: string | null
}

const services: Readonly<Record<string, ObjectService>> = {
  s3: 's3',
  gs: 'gcs',
  gcs: 'gcs',
  az: 'azure-blob',
}

/**
 * Which object a URL such as `s3://bucket/key` means. Nothing in it is percent-decoded.
 * @throws ConfigError `UNSUPPORTED_CLOUD_SERVICE_SCHEME` for any other scheme
 */
export function parseObjectUrl(url: string): ObjectUrl {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)(.*)$/is.exec(url)
  const scheme = match?.[1]?.toLowerCase() ?? ''
  const service = services[scheme]
  if (!match || service === undefined) {
    throw new ConfigError('UNSUPPORTED_CLOUD_SERVICE_SCHEME', {
      message: `The address of an object begins with s3://, gs://, gcs:// or az://${scheme === '' ? '' : `, not with ${scheme}://`}.`,
    })
  }
  const bucket = checkBucketName(match[2] ?? '', `${scheme}://bucket/key`)
  return { service, bucket, key: trimSlashes(match[3] ?? '') || null }
}

/** Names of buckets have letters, digits, dots, dashes and underscores; what else stands there may be a password. */
export function checkBucketName(name: string, example: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._$-]*$/.test(name)) return name
  throw new ConfigError('INVALID_URI', {
    message: `The address names no bucket. Write it like ${example}; keys and secrets come from the environment, never from the address.`,
  })
}
