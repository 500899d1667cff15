import { ConfigError } from '@millrace/core'
import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { parseBucketUri } from '../kit/object-config.ts'
import { objectTransferProperties, objectTransferSettings } from '../object-transfer/config.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    bucket: { type: 'string', title: 'Bucket' },
    ...objectTransferProperties,
    region: {
      type: 'string',
      title: 'Region',
      description: 'Default: what the AWS profile says; with an endpoint of its own, `us-east-1`.',
      env: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    },
    endpoint: {
      type: 'string',
      title: 'Endpoint',
      description: 'Of a store that is not Amazon’s, such as `https://s3.example.com`.',
      env: ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
    },
    path_style: {
      type: 'boolean',
      title: 'Path style',
      description: 'Whether the bucket stands in the path instead of the host name. Default: with an endpoint, yes.',
    },
    access_key_id: {
      type: 'string',
      title: 'Access key ID',
      description:
        'Default: the AWS SDK looks for credentials itself: `AWS_ACCESS_KEY_ID` and its companions, the profile `AWS_PROFILE`, web identity, container and instance roles.',
    },
    secret_access_key: { type: 'string', title: 'Secret access key' },
    session_token: { type: 'string', title: 'Session token', description: 'Of temporary credentials.' },
  },
  required: [],
  secret: ['secret_access_key', 'session_token'],
  order: [
    'bucket',
    ...Object.keys(objectTransferProperties),
    'region',
    'endpoint',
    'path_style',
    'access_key_id',
    'secret_access_key',
    'session_token',
  ],
}

export interface S3Config {
  readonly region: string | undefined
  readonly endpoint: string | undefined
  readonly pathStyle: boolean
  /** Undefined: the SDK looks for some. */
  readonly credentials: S3Credentials | undefined
}

interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** @throws ConfigError `INVALID_CONFIGURATION` */
export function s3Config(values: ConfigValues): S3Config {
  const text = (name: string) => (values[name] === undefined || values[name] === '' ? undefined : String(values[name]))
  const endpoint = text('endpoint')
  if (endpoint !== undefined && !/^https?:\/\/./.test(endpoint)) {
    throw new ConfigError('INVALID_CONFIGURATION', {
      message:
        'The endpoint of S3 is not an address. Write "endpoint", AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL like https://s3.example.com.',
    })
  }
  const [accessKeyId, secretAccessKey, sessionToken] = ['access_key_id', 'secret_access_key', 'session_token'].map(text)
  return {
    region: text('region') ?? (endpoint === undefined ? undefined : 'us-east-1'),
    endpoint,
    pathStyle: typeof values.path_style === 'boolean' ? values.path_style : endpoint !== undefined,
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined
        ? undefined
        : { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  }
}

/** `s3://bucket/key?region=eu-central-1`; secrets have no place in an address. */
export function parseUri(uri: string): ConfigValues {
  return parseBucketUri(
    uri,
    [...objectTransferSettings, 'region', 'endpoint', 'path_style'],
    's3://bucket/folder/orders.csv',
  )
}
