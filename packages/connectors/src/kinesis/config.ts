import { ConfigError } from '@millrace/core'
import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    stream: { type: 'string', title: 'Stream', description: 'Name of the data stream.', env: ['KINESIS_STREAM'] },
    region: {
      type: 'string',
      title: 'Region',
      description: 'Default: what the AWS profile says; with an endpoint of its own, `us-east-1`.',
      env: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    },
    endpoint: {
      type: 'string',
      title: 'Endpoint',
      description: 'Of a service that is not Amazon’s own, such as `http://localhost:4566`.',
      env: ['AWS_ENDPOINT_URL_KINESIS', 'AWS_ENDPOINT_URL'],
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
  order: ['stream', 'region', 'endpoint', 'access_key_id', 'secret_access_key', 'session_token'],
}

/** `kinesis://stream?region=eu-central-1`; secrets have no place in an address. */
export function parseUri(uri: string): ConfigValues {
  const [, stream = '', query = ''] = /^[^:]*:(?:\/\/)?([A-Za-z0-9_.-]*)\/?(?:\?(.*))?$/.exec(uri) ?? []
  const given = [...new URLSearchParams(query)]
  const unknown = given.find(([name]) => name !== 'region' && name !== 'endpoint')
  if (stream === '' || unknown !== undefined) {
    throw new ConfigError('INVALID_URI', {
      message:
        'The address of the Kinesis stream cannot be read. Write it like kinesis://orders?region=eu-central-1; keys and secrets come from the environment, never from the address.',
    })
  }
  return { stream, ...Object.fromEntries(given) }
}
