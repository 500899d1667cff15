import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { parseServerUri } from '../kit/server-uri.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    project: {
      type: 'string',
      title: 'Project',
      description: 'Where jobs run and are billed. Default: the project of the credentials.',
      env: ['GCP_PROJECT', 'GOOGLE_CLOUD_PROJECT'],
    },
    dataset: {
      type: 'string',
      title: 'Dataset',
      description: 'Of tables that are named without one.',
      env: ['BIGQUERY_DATASET'],
    },
    location: {
      type: 'string',
      title: 'Location',
      description: 'Such as `EU` or `us-central1`. Default: BigQuery finds it by the datasets of a query.',
      env: ['BIGQUERY_LOCATION'],
    },
    credentials_json: {
      type: 'string',
      title: 'Credentials',
      description: 'Content of a credentials file; wins over the file.',
      env: ['GOOGLE_APPLICATION_CREDENTIALS_JSON'],
    },
    credentials_file: {
      type: 'string',
      title: 'Credentials file',
      description: 'Without one, those of the environment the process runs in.',
      env: ['GOOGLE_APPLICATION_CREDENTIALS'],
      localPath: true,
    },
    bucket: {
      type: 'string',
      title: 'Bucket for exports',
      description:
        'Cloud Storage bucket that EXPORT DATA writes to. Without one, exports are made by reading the result.',
      env: ['GCS_BUCKET'],
    },
    folder: { type: 'string', title: 'Folder in the bucket', env: ['GCS_FOLDER'] },
    page_rows: {
      type: 'integer',
      title: 'Rows of a page',
      description: 'At most; BigQuery ends a page at 10 MB in any case.',
      default: 50_000,
      minimum: 1,
      env: ['BIGQUERY_PAGE_ROWS'],
    },
    endpoint: {
      type: 'string',
      title: 'Address of the API',
      description: 'Default: https://bigquery.googleapis.com.',
      env: ['BIGQUERY_ENDPOINT'],
    },
    storage_endpoint: {
      type: 'string',
      title: 'Address of Cloud Storage',
      description: 'Default: that of Google.',
      env: ['GCS_ENDPOINT'],
    },
  },
  required: [],
  secret: ['credentials_json'],
  order: [
    'project',
    'dataset',
    'location',
    'credentials_json',
    'credentials_file',
    'bucket',
    'folder',
    'page_rows',
    'endpoint',
    'storage_endpoint',
  ],
}

/** `bigquery://project/dataset?location=EU` */
export function parseUri(uri: string): ConfigValues {
  return parseServerUri(uri, {
    system: 'BigQuery',
    example: 'bigquery://project/dataset?location=EU',
    configSchema,
    parameter: (name, value) => [name, value],
    parts: ({ host, database, ...rest }) => ({
      ...rest,
      ...(host === undefined ? {} : { project: host }),
      ...(database === undefined ? {} : { dataset: database }),
    }),
  })
}

export function labelOf(config: ConfigValues): string {
  return `bigquery://${config.project ?? ''}${config.dataset ? `/${config.dataset}` : ''}`
}
