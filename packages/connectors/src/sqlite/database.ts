import { existsSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { ConfigError } from '@millrace/core'
import { sqliteError } from './errors.ts'

export interface DatabaseConfig {
  readonly path: string
  readonly busyTimeoutMs: number
}

/** A value as SQLite keeps it; every column may hold any of them. */
export type SqliteValue = null | bigint | number | string | Uint8Array

export async function openDatabase(config: DatabaseConfig, access: 'read' | 'write'): Promise<DatabaseSync> {
  if (access === 'read' && !existsSync(config.path)) {
    throw new ConfigError('DATABASE_NOT_FOUND', {
      message: `There is no SQLite file "${config.path}". Check the path; it is taken from the current directory.`,
    })
  }
  const { DatabaseSync: Database } = await importSqlite()
  try {
    const database = new Database(config.path, { readOnly: access === 'read', timeout: config.busyTimeoutMs })
    // The file is looked at only when something is asked.
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    return database
  } catch (error) {
    throw sqliteError(error, config.path)
  }
}

/** Older versions of Node warn that the module is experimental; that one warning is kept from the user's terminal. */
async function importSqlite(): Promise<typeof import('node:sqlite')> {
  const { emitWarning } = process
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    const text = typeof warning === 'string' ? warning : warning.message
    if (!text.includes('SQLite is an experimental feature')) emitWarning.call(process, warning, ...rest)
  }) as typeof process.emitWarning
  try {
    return await import('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}

/** Rows as arrays, integers as BigInt: nothing is rounded and columns may share a name. */
export function prepare(database: DatabaseSync, sql: string): StatementSync {
  const statement = database.prepare(sql)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  return statement
}

export function selectRows(database: DatabaseSync, sql: string, ...values: SqliteValue[]): SqliteValue[][] {
  return prepare(database, sql).all(...values) as unknown as SqliteValue[][]
}

export function selectCount(database: DatabaseSync, sql: string, ...values: SqliteValue[]): number {
  return Number(selectRows(database, sql, ...values)[0]?.[0] ?? 0)
}
