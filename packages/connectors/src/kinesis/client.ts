import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { ConfigError, isMillraceError, type MillraceError, TransientError } from '@millrace/core'
import { brokerError, streamNotFound } from '../kit/broker-error.ts'
import type { ConfigValues } from '../kit/config-schema.ts'
import { importDriver } from '../kit/import-driver.ts'

export interface KinesisPlace {
  readonly config: ConfigValues
  readonly label: string
  readonly secrets: readonly string[]
}

const requestTimeout = 60_000

export type KinesisSdk = typeof import('@aws-sdk/client-kinesis')

export interface Kinesis extends Disposable {
  readonly sdk: KinesisSdk
  readonly client: KinesisClient
  /** Runs a request; failures come in our own tree. */
  run<T>(request: () => Promise<T>): Promise<T>
}

export async function connectKinesis(place: KinesisPlace): Promise<Kinesis> {
  const sdk = await importDriver<KinesisSdk>('@aws-sdk/client-kinesis')
  const text = (name: string) => (place.config[name] ? String(place.config[name]) : undefined)
  const [endpoint, accessKeyId, secretAccessKey] = [text('endpoint'), text('access_key_id'), text('secret_access_key')]
  const sessionToken = text('session_token')
  const region = text('region') ?? (endpoint === undefined ? undefined : 'us-east-1')
  const client = new sdk.KinesisClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } }),
    maxAttempts: 5,
    // Amazon's own service is asked over HTTP/2; what else there is knows HTTP/1.1 better.
    requestHandler: endpoint === undefined ? { requestTimeout } : await plainHandler(),
  })
  return {
    sdk,
    client,
    async run(request) {
      try {
        return await request()
      } catch (error) {
        throw kinesisError(place, error)
      }
    },
    [Symbol.dispose]: () => client.destroy(),
  }
}

async function plainHandler() {
  const name = '@smithy/node-http-handler'
  const { NodeHttpHandler } = await importDriver<typeof import('@smithy/node-http-handler')>(name)
  return new NodeHttpHandler({ connectionTimeout: 10_000, requestTimeout })
}

export const errorName = (error: unknown) => (error instanceof Error ? error.name : '')

const refused =
  /^(AccessDenied|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|ExpiredToken|MissingAuth|IncompleteSignature|InvalidClientTokenId|KMSAccessDenied)/

export function kinesisError({ label, secrets }: KinesisPlace, error: unknown): MillraceError {
  if (isMillraceError(error)) return error
  return brokerError(error, {
    ...{ label, secrets },
    ownError({ name }, said) {
      if (name === 'ResourceNotFoundException') {
        return streamNotFound(label, 'stream of this name', 'Check the name, the region and the account.')
      }
      if (name === 'CredentialsProviderError' || /Region is missing/.test(said)) {
        return new ConfigError('CREDENTIALS_REQUIRED', {
          message: `${label}: ${said}. Give credentials and a region in the settings, or in the environment of the AWS SDK.`,
        })
      }
      if (refused.test(name)) {
        return new ConfigError('ACCESS_DENIED', {
          message: `${label} refuses the request (${name}). Check the credentials, and allow kinesis:ListShards, GetShardIterator, GetRecords and DescribeStreamSummary.`,
        })
      }
      if (/^(InvalidArgument|Validation)Exception$/.test(name)) {
        return new ConfigError('COMMAND_REFUSED', { message: `${label}: ${said}` })
      }
      if (/Exception$|^Throttling/.test(name)) {
        return new TransientError('SERVER_BUSY', { message: `${label}: ${name}. Try again.`, details: { label } })
      }
      return null
    },
  })
}
