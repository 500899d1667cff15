import { ConfigError } from '@millrace/core'
import type { ConfigValues } from './config-schema.ts'

/** The address of a database that is a file: `scheme:path` or `scheme:///absolute/path`, with settings after a `?`. */
export function parseDatabaseUri(uri: string, settings: readonly string[]): ConfigValues {
  const path = uri.replace(/^[A-Za-z0-9+.-]+:(\/\/(?=\/|[^/]))?/, '')
  return parsePath(
    path,
    settings,
    'The address names no database file. Write it like duckdb:warehouse.duckdb or sqlite:app.db.',
  )
}

/** Only a `?` that is followed by a known setting ends the path, since file names and patterns may hold one. */
export function parsePath(address: string, settings: readonly string[], withoutPath: string): ConfigValues {
  const values: Record<string, string> = {}
  const at = address.lastIndexOf('?')
  let path = address
  if (at >= 0 && settings.some((name) => address.startsWith(`${name}=`, at + 1))) {
    for (const [name, value] of new URLSearchParams(address.slice(at + 1))) values[name] = value
    path = address.slice(0, at)
  }
  if (path === '') throw new ConfigError('PATH_REQUIRED', { message: withoutPath })
  return { ...values, path }
}
