import type { S3Client } from '@aws-sdk/client-s3'
import { importDriver } from '../kit/import-driver.ts'
import type { S3Config } from './config.ts'

export type S3Sdk = typeof import('@aws-sdk/client-s3')

export interface S3Connection {
  readonly sdk: S3Sdk
  readonly client: S3Client
}

const connectTimeoutMs = 10_000
const silenceTimeoutMs = 60_000

export async function connectS3({ region, endpoint, pathStyle, credentials }: S3Config): Promise<S3Connection> {
  const sdk = await importDriver<S3Sdk>('@aws-sdk/client-s3')
  const client = new sdk.S3Client({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    forcePathStyle: pathStyle,
    maxAttempts: 5,
    // Checksums as trailers of a stream are mishandled by most other implementations; we send Content-MD5.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: connectTimeoutMs, socketTimeout: silenceTimeoutMs },
  })
  return { sdk, client }
}
