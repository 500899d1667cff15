import { ConfigError } from '@millrace/core'
import type { ConfigValues } from './config-schema.ts'
import { parsePath } from './file-uri.ts'

/** `scheme://bucket/key?setting=value`; only known settings after a `?` are taken off the key. */
export function parseBucketUri(uri: string, settings: readonly string[], example: string): ConfigValues {
  const address = uri.replace(/^[A-Za-z0-9+.-]+:(\/\/)?/, '')
  const { path, ...values } = parsePath(address, settings, `The address names no bucket. Write it like ${example}.`)
  const [bucket = '', ...key] = String(path).split('/')
  return { ...values, bucket: checkBucketName(bucket, example), path: key.join('/').replace(/^\/+/, '') }
}

/** @throws ConfigError `BUCKET_REQUIRED` */
export function requireBucket(name: unknown, word: string, example: string): string {
  if (typeof name === 'string' && name !== '') return name
  throw new ConfigError('BUCKET_REQUIRED', { message: `Say which ${word} is meant: ${example}.` })
}

/** Names of buckets have letters, digits, dots, dashes and underscores; what else stands there may be a password. */
function checkBucketName(name: string, example: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._$-]*$/.test(name)) return name
  throw new ConfigError('INVALID_URI', {
    message: `The address names no bucket. Write it like ${example}; keys and secrets come from the environment, never from the address.`,
  })
}
