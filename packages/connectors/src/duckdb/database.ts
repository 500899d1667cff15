import { existsSync, realpathSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { ConfigError, isMillraceError } from '@millrace/core'
import { importDriver } from '../kit/import-driver.ts'
import { canonicalMacros } from './canonical-text.ts'
import { duckdbError } from './errors.ts'

export interface DatabaseConfig {
  /** A file, or `:memory:`. */
  readonly path: string
  readonly memoryLimit?: string
  readonly threads?: number
}

/** One database of this process; `connect` gives a connection with a pinned session. */
export interface Database extends AsyncDisposable {
  readonly path: string
  readonly readOnly: boolean
  connect(): Promise<DuckDBConnection>
}

interface Shared {
  readonly instance: Promise<DuckDBInstance>
  readonly readOnly: boolean
  users: number
}

// A file may be opened once per process: two instances over one file would not see each other's
// writes and could destroy it. Everything that opens it shares one instance.
const open = new Map<string, Shared>()

/**
 * How many connectors of this process name a file. A copy within one file reads and writes it, and
 * DuckDB cannot open a file both ways, so its reader then opens it for writing as well.
 */
const named = new Map<string, number>()

/** Registers interest in a file for as long as a connector lives; returns the release. */
export function nameDatabase(path: string): () => void {
  const key = databaseKey(path)
  named.set(key, (named.get(key) ?? 0) + 1)
  return () => {
    const left = (named.get(key) ?? 1) - 1
    if (left > 0) named.set(key, left)
    else named.delete(key)
  }
}

export async function openDatabase(config: DatabaseConfig, access: 'read' | 'write'): Promise<Database> {
  if (config.path === ':memory:') return use(config, { instance: create(config, false), readOnly: false, users: 1 })
  const key = databaseKey(config.path)
  const shared = open.get(key)
  if (shared) {
    if (shared.readOnly && access === 'write') {
      throw new ConfigError('DATABASE_IN_USE', {
        message: `The DuckDB file "${config.path}" is open for reading in this process, so it cannot be written. Close the reader first, or write to another file.`,
      })
    }
    shared.users++
    return use(config, shared, key)
  }
  if (access === 'read' && !existsSync(config.path)) {
    throw new ConfigError('DATABASE_NOT_FOUND', {
      message: `There is no DuckDB file "${config.path}". Check the path; it is taken from the current directory.`,
    })
  }
  const readOnly = access === 'read' && (named.get(key) ?? 0) < 2
  const opened: Shared = { instance: create(config, readOnly), readOnly, users: 1 }
  open.set(key, opened)
  return use(config, opened, key)
}

async function use(config: DatabaseConfig, shared: Shared, key?: string): Promise<Database> {
  let disposed = false
  const release = async () => {
    if (disposed) return
    disposed = true
    shared.users--
    if (shared.users > 0) return
    if (key !== undefined && open.get(key) === shared) open.delete(key)
    const instance = await shared.instance.catch(() => null)
    instance?.closeSync()
  }
  try {
    const instance = await shared.instance
    return {
      path: config.path,
      readOnly: shared.readOnly,
      connect: async () => {
        const connection = await instance.connect()
        await pinSession(connection)
        return connection
      },
      [Symbol.asyncDispose]: release,
    }
  } catch (error) {
    await release()
    throw error
  }
}

async function create(config: DatabaseConfig, readOnly: boolean): Promise<DuckDBInstance> {
  const { DuckDBInstance: Instance } = await importDriver<typeof import('@duckdb/node-api')>('@duckdb/node-api')
  const threads = config.threads ?? availableParallelism()
  const options: Record<string, string> = {
    // Nothing is downloaded behind the user's back: what is built in has to do.
    autoinstall_known_extensions: 'false',
    memory_limit: config.memoryLimit ?? defaultMemoryLimit(threads),
    threads: String(threads),
  }
  // Files that are staged for a database are read once.
  if (config.path !== ':memory:') options.enable_external_file_cache = 'false'
  if (readOnly) options.access_mode = 'READ_ONLY'
  try {
    return await Instance.create(config.path, options)
  } catch (error) {
    throw isMillraceError(error) ? error : duckdbError(error, `"${config.path}"`)
  }
}

/**
 * 512 MB, or what DuckDB's own working rule asks for many threads, but a quarter of the machine at
 * most: DuckDB's own default of 80 % leaves nothing for anybody else, and fills it with what it wrote.
 */
function defaultMemoryLimit(threads: number): string {
  return `${Math.round(Math.min(totalmem() / 4e6, Math.max(512, threads * 128)))}MB`
}

async function pinSession(connection: DuckDBConnection): Promise<void> {
  await connection.run("SET TimeZone = 'UTC'; SET default_null_order = 'nulls_last'; SET enable_progress_bar = false;")
  await connection.run(canonicalMacros)
}

function databaseKey(path: string): string {
  const absolute = resolve(path)
  try {
    return realpathSync(absolute)
  } catch {
    // The file is yet to be made; its folder may be a link.
    try {
      return join(realpathSync(dirname(absolute)), basename(absolute))
    } catch {
      return absolute
    }
  }
}
