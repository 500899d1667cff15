import { ConfigError } from '@millrace/core'
import { serial } from '../kit/serial.ts'
import type { Sink } from '../kit/sink.ts'
import { currentCatalog } from './catalog.ts'
import type { Database } from './database.ts'
import { duckdbError } from './errors.ts'
import { hashTable } from './hash-table.ts'
import { openDuckdbLoad } from './sink-load.ts'
import { planTarget } from './sink-plan.ts'
import { readLoad, readMark } from './sink-records.ts'
import { findTarget } from './sink-target.ts'
import { scalarCount } from './text-rows.ts'

/** Loads that run now in this process, by database and key: DuckDB itself keeps other processes out. */
const running = new Set<string>()

/** A sixth of DuckDB's own row groups: small enough for several threads and for little memory. */
const rowGroupRows = 20_480

export async function openDuckdbSink(database: Database): Promise<Sink> {
  const connection = await database.connect()
  const catalog = await currentCatalog(connection)
  const look = serial()

  /** Reads through the one connection; the signal interrupts. */
  const read = <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> =>
    look(async () => {
      signal?.throwIfAborted()
      const interrupt = () => connection.interrupt()
      signal?.addEventListener('abort', interrupt, { once: true })
      try {
        return await work()
      } catch (error) {
        signal?.throwIfAborted()
        throw duckdbError(error, `"${database.path}"`)
      } finally {
        signal?.removeEventListener('abort', interrupt)
      }
    })

  const write = serial()

  return {
    dialect: 'duckdb',
    concurrentLoads: true,
    // DuckDB reads Parquet files faster than anything can fill its appender; CSV is encoded as Parquet on its way.
    accepts: async () => ['parquet', 'csv'],
    formatOptions: (options) => ({ ...options, infinityAsExtremes: true, parquetCompression: 'none', rowGroupRows }),
    plan: (target, columns, sourceDialect) =>
      read(async () => planTarget(await findTarget(connection, catalog, target), columns, sourceDialect)),
    interrupted: (key) => read(async () => (await readLoad(connection, key))?.interrupted ?? null),
    readState: (key) => read(() => readMark(connection, key)),
    count: (target, signal) =>
      read(async () => {
        const { address } = await findTarget(connection, catalog, target)
        return await scalarCount(connection, `SELECT count(*)::VARCHAR FROM ${address}`)
      }, signal),
    contentHash: (target, columns, signal) =>
      read(async () => {
        const { address } = await findTarget(connection, catalog, target)
        return await hashTable(connection, address, columns)
      }, signal),
    async openLoad(spec, resume) {
      const name = `${database.path}\0${spec.key}`
      if (running.has(name)) {
        throw new ConfigError('LOAD_RUNNING', {
          message: `The same load of "${database.path}" is running already. Wait for it to end.`,
        })
      }
      running.add(name)
      try {
        return await openDuckdbLoad({ database, catalog, write, onDispose: () => running.delete(name) }, spec, resume)
      } catch (error) {
        running.delete(name)
        throw duckdbError(error, `"${database.path}"`)
      }
    },
    async [Symbol.asyncDispose]() {
      connection.closeSync()
      await database[Symbol.asyncDispose]()
    },
  }
}
