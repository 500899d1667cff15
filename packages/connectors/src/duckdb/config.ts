import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { parseDatabaseUri } from '../kit/file-uri.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    path: {
      type: 'string',
      title: 'Database file',
      description: 'Path of the file, or `:memory:` for a database that ends with the process.',
      env: ['DUCKDB_DATABASE'],
      localPath: true,
    },
    memory_limit: {
      type: 'string',
      title: 'Memory limit',
      description:
        'Such as `2GB`. Default: 512 MB, or 128 MB for each thread when that is more, and a quarter of the machine at most; beyond it DuckDB uses the disk.',
      env: ['DUCKDB_MEMORY_LIMIT'],
    },
    threads: {
      type: 'integer',
      title: 'Threads',
      description: 'Default: one for each core.',
      minimum: 1,
      env: ['DUCKDB_THREADS'],
    },
  },
  required: ['path'],
  secret: [],
  order: ['path', 'memory_limit', 'threads'],
}

/** `duckdb:path`, `duckdb:///absolute/path` or `duckdb::memory:`, with settings after a `?`. */
export function parseUri(uri: string): ConfigValues {
  return parseDatabaseUri(uri, ['memory_limit', 'threads'])
}
