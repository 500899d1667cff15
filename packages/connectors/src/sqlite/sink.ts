import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Column } from '@millrace/formats'
import type { OpenOptions } from '../kit/connector.ts'
import { lockTarget } from '../kit/lock-target.ts'
import { serial } from '../kit/serial.ts'
import type { Sink, Target } from '../kit/sink.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { type DatabaseConfig, openDatabase, selectCount } from './database.ts'
import { sqliteError } from './errors.ts'
import { hashOf } from './read-rows.ts'
import { openSqliteLoad } from './sink-load.ts'
import { planTarget } from './sink-plan.ts'
import { readLoad, readMark } from './sink-records.ts'
import { findTarget } from './sink-target.ts'

export async function openSqliteSink(config: DatabaseConfig, { planOnly = false }: OpenOptions = {}): Promise<Sink> {
  const database = await (planOnly ? openForPlans(config) : openDatabase(config, 'write'))
  const guarded = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw sqliteError(error, config.path)
    }
  }
  const hash = (target: Target, columns: readonly Column[], signal?: AbortSignal) => {
    const names = columns.map(({ name }) => quoteName(name)).join(', ')
    return hashOf(database, `SELECT ${names} FROM ${findTarget(database, target).address}`, columns, signal)
  }
  return {
    dialect: 'sqlite',
    // A SQLite file has one writer.
    concurrentLoads: false,
    accepts: async () => ['csv'],
    formatOptions: (options) => options,
    plan: (target, columns, sourceDialect) =>
      guarded(() => planTarget(findTarget(database, target), columns, sourceDialect)),
    interrupted: (key) => guarded(() => readLoad(database, key)),
    readState: (key) => guarded(() => readMark(database, key)),
    count: (target) =>
      guarded(() => selectCount(database, `SELECT count(*) FROM ${findTarget(database, target).address}`)),
    contentHash: (target, columns, signal) => guarded(() => hash(target, columns, signal)),
    async openLoad(spec, resume) {
      const path = resolve(config.path)
      const lock = join(dirname(path), `.${basename(path)}._millrace-lock-${spec.key}`)
      const unlock = await lockTarget(lock, config.path)
      try {
        return await openSqliteLoad({ config, write: serial(), unlock }, spec, resume)
      } catch (error) {
        await unlock()
        throw sqliteError(error, config.path)
      }
    },
    async [Symbol.asyncDispose]() {
      database.close()
    },
  }
}

/** A file that is not there yet is planned as an empty database. */
async function openForPlans(config: DatabaseConfig): Promise<DatabaseSync> {
  return existsSync(config.path)
    ? await openDatabase(config, 'read')
    : await openDatabase({ ...config, path: ':memory:' }, 'write')
}
