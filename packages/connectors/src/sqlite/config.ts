import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { parseDatabaseUri } from '../kit/file-uri.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    path: {
      type: 'string',
      title: 'Database file',
      description: 'Path of the file.',
      env: ['SQLITE_DATABASE'],
      localPath: true,
    },
    busy_timeout: {
      type: 'integer',
      title: 'Busy timeout in seconds',
      description: 'How long to wait for another process that writes the file.',
      default: 30,
      minimum: 0,
      env: ['SQLITE_BUSY_TIMEOUT'],
    },
  },
  required: ['path'],
  secret: [],
  order: ['path', 'busy_timeout'],
}

/** `sqlite:path` or `sqlite:///absolute/path`. */
export function parseUri(uri: string): ConfigValues {
  return parseDatabaseUri(uri, ['busy_timeout'])
}
