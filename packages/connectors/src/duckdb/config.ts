import { ConfigError } from '@millrace/core'
import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    path: {
      type: 'string',
      title: 'Database file',
      description: 'Path of the file, or `:memory:` for a database that ends with the process.',
      env: ['DUCKDB_DATABASE'],
    },
    memory_limit: {
      type: 'string',
      title: 'Memory limit',
      description: 'Such as `2GB`. Default: a quarter of the machine, at most 1 GB; beyond it DuckDB uses the disk.',
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
  return parseFileUri(uri, ['memory_limit', 'threads'])
}

/** Also serves SQLite. Only a `?` that is followed by a known setting ends the path, since file names may hold one. */
export function parseFileUri(uri: string, settings: readonly string[]): ConfigValues {
  const rest = uri.replace(/^[A-Za-z0-9+.-]+:(\/\/(?=\/|[^/]))?/, '')
  const values: Record<string, string> = {}
  const at = rest.lastIndexOf('?')
  let path = rest
  if (at >= 0 && settings.some((name) => rest.startsWith(`${name}=`, at + 1))) {
    for (const [name, value] of new URLSearchParams(rest.slice(at + 1))) values[name] = value
    path = rest.slice(0, at)
  }
  if (path === '') {
    throw new ConfigError('PATH_REQUIRED', {
      message: 'The address names no database file. Write it like duckdb:warehouse.duckdb or sqlite:app.db.',
    })
  }
  return { ...values, path }
}
