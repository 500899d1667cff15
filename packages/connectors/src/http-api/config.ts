import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { parsePath } from '../kit/file-uri.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    path: {
      type: 'string',
      title: 'Definition',
      description: 'File of YAML or JSON that says where the API is and which resources it has.',
      env: ['HTTP_API_DEFINITION'],
      localPath: true,
    },
    base_url: {
      type: 'string',
      title: 'Address',
      description: 'Instead of the one in the definition.',
      env: ['HTTP_API_BASE_URL'],
    },
    token: { type: 'string', title: 'Token', description: 'For bearer.', env: ['HTTP_API_TOKEN'] },
    user: { type: 'string', title: 'User', description: 'For basic.', env: ['HTTP_API_USER'] },
    password: { type: 'string', title: 'Password', description: 'For basic.', env: ['HTTP_API_PASSWORD'] },
    api_key: { type: 'string', title: 'Key', description: 'For api-key.', env: ['HTTP_API_KEY'] },
    client_id: { type: 'string', title: 'Client', description: 'For oauth2.', env: ['HTTP_API_CLIENT_ID'] },
    client_secret: {
      type: 'string',
      title: 'Client secret',
      description: 'For oauth2.',
      env: ['HTTP_API_CLIENT_SECRET'],
    },
  },
  required: ['path'],
  secret: ['token', 'password', 'api_key', 'client_secret'],
  order: ['path', 'base_url', 'token', 'user', 'password', 'api_key', 'client_id', 'client_secret'],
}

/** `http-api:github.yaml`, perhaps with `?base_url=…`. Secrets do not belong in it. */
export function parseUri(uri: string): ConfigValues {
  const path = uri.replace(/^http-api:(\/\/)?/i, '')
  return parsePath(path, ['base_url'], 'The address names no definition. Write it like http-api:github.yaml.')
}
