import { ConfigError } from '@millrace/core'
import type { ConfigProperty, ConfigValues } from './config-schema.ts'
import { parsePath } from './file-uri.ts'
import { checkBucketName } from './object-url.ts'

/** Settings of every object store that say what its objects hold; the same as those of files. */
export const contentProperties = {
  path: {
    type: 'string',
    title: 'Key',
    description:
      'An object, a folder that ends with `/`, or for reading a pattern such as `data/*.csv`. Empty: everything in the bucket.',
    default: '',
  },
  format: {
    type: 'string',
    title: 'Format',
    description: 'Default: from the name of the object.',
    enum: ['csv', 'ndjson', 'parquet'],
  },
  compression: {
    type: 'string',
    title: 'Compression',
    description: 'Of what is read. Default: from the name of the object.',
    enum: ['none', 'gzip', 'zstd'],
  },
  header: {
    type: 'boolean',
    title: 'Header',
    description: 'CSV that is read: whether the first row names the columns.',
    default: true,
  },
  all_text: {
    type: 'boolean',
    title: 'All text',
    description: 'CSV that is read: keeps every column as text instead of finding its type.',
    default: false,
  },
} as const satisfies Readonly<Record<string, ConfigProperty>>

export const contentSettings = Object.keys(contentProperties).filter((name) => name !== 'path')

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
