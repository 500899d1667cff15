import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { type GoogleCredentials, parseGoogleCredentials } from '../kit/google-credentials.ts'
import { parseBucketUri } from '../kit/object-config.ts'
import { objectTransferProperties, objectTransferSettings } from '../object-transfer/config.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    bucket: { type: 'string', title: 'Bucket', env: ['GCS_BUCKET'] },
    ...objectTransferProperties,
    project: {
      type: 'string',
      title: 'Project',
      description: 'Default: the one of the credentials.',
      env: ['GCP_PROJECT', 'GOOGLE_CLOUD_PROJECT'],
    },
    credentials_file: {
      type: 'string',
      title: 'Credentials file',
      description: 'Path of a service account’s key. Default: what the environment of Google Cloud supplies.',
      env: ['GOOGLE_APPLICATION_CREDENTIALS'],
      localPath: true,
    },
    credentials_json: {
      type: 'string',
      title: 'Credentials',
      description: 'The content of such a file; it comes before the path.',
      env: ['GOOGLE_APPLICATION_CREDENTIALS_JSON'],
    },
    endpoint: {
      type: 'string',
      title: 'Endpoint',
      description: 'Of an emulator, which is sent no credentials.',
      env: ['STORAGE_EMULATOR_HOST'],
    },
  },
  required: [],
  secret: ['credentials_json'],
  order: [
    'bucket',
    ...Object.keys(objectTransferProperties),
    'project',
    'credentials_file',
    'credentials_json',
    'endpoint',
  ],
}

export interface GcsConfig {
  readonly project: string | undefined
  readonly endpoint: string | undefined
  readonly file: string | undefined
  readonly credentials: GoogleCredentials | undefined
}

/** @throws ConfigError `INVALID_CREDENTIALS` */
export function gcsConfig(values: ConfigValues): GcsConfig {
  const text = (name: string) => (values[name] === undefined || values[name] === '' ? undefined : String(values[name]))
  const json = text('credentials_json')
  const endpoint = text('endpoint')
  return {
    project: text('project'),
    endpoint: endpoint === undefined || /^https?:/.test(endpoint) ? endpoint : `http://${endpoint}`,
    file: json === undefined ? text('credentials_file') : undefined,
    credentials: json === undefined ? undefined : parseGoogleCredentials(json),
  }
}

/** `gs://bucket/key`; secrets have no place in an address. */
export function parseUri(uri: string): ConfigValues {
  return parseBucketUri(uri, [...objectTransferSettings, 'project', 'endpoint'], 'gs://bucket/folder/orders.csv')
}
