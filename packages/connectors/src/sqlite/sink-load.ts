import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { FatalError } from '@millrace/core'
import { LossLedger, type Piece, readCsv } from '@millrace/formats'
import { bytesOf } from '../kit/encode-csv.ts'
import type { Serial } from '../kit/serial.ts'
import type { Interrupted, Load, LoadSpec } from '../kit/sink.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { bindColumn, bindRow, refuseBy } from './bind.ts'
import { type DatabaseConfig, openDatabase, type SqliteValue, selectCount } from './database.ts'
import { sqliteError } from './errors.ts'
import { publishStaging } from './publish.ts'
import { hashOf } from './read-rows.ts'
import { createTableSql, planTarget } from './sink-plan.ts'
import {
  deleteChunk,
  deleteLoad,
  insertChunk,
  insertLoad,
  markPublished,
  readChunks,
  readLoad,
} from './sink-records.ts'
import { findTarget } from './sink-target.ts'

export interface LoadContext {
  readonly config: DatabaseConfig
  /** Chunks are written one after the other: a transaction holds the file's only place for a writer. */
  readonly write: Serial
  readonly unlock: () => Promise<void>
}

/** Rows bound by one statement; SQLite takes 32,766 values at most. */
const rowsPerInsert = 32

export async function openSqliteLoad(context: LoadContext, spec: LoadSpec, resume: Interrupted | null): Promise<Load> {
  const database = await openDatabase(context.config, 'write')
  try {
    const staging = `_millrace_s_${spec.key}`
    // An existing table's own declared types decide how values are stored.
    const { types } = planTarget(findTarget(database, spec.target), spec.columns, spec.sourceDialect)
    if (!resume) {
      await transaction(database, () => {
        forget(database, spec.key, staging)
        insertLoad(database, spec)
        const columns = spec.columns.map(({ name, nullable }) => ({ name, type: types[name] ?? '', nullable }))
        database.exec(createTableSql(staging, columns))
      })
    }
    return load(context, spec, database, staging, types)
  } catch (error) {
    database.close()
    throw error
  }
}

function load(
  { config, write, unlock }: LoadContext,
  spec: LoadSpec,
  database: DatabaseSync,
  staging: string,
  types: Readonly<Record<string, string>>,
): Load {
  const table = quoteName(staging)
  const guarded = <T>(work: () => Promise<T>): Promise<T> =>
    write(async () => {
      try {
        return await work()
      } catch (error) {
        throw sqliteError(error, config.path)
      }
    })
  const drop = () => guarded(() => transaction(database, () => forget(database, spec.key, staging)))
  const count = () => selectCount(database, `SELECT count(*) FROM ${table}`)

  return {
    writeChunk: (chunk, pieces, ledger, losses = { policy: 'error', ledger: new LossLedger() }) =>
      guarded(async () => {
        spec.signal.throwIfAborted()
        const lost = refuseBy(losses.policy, losses.ledger)
        const binds = spec.columns.map((column) => bindColumn(column, types[column.name] ?? '', lost))
        return await transaction(database, async () => {
          const afterRowid = selectCount(database, `SELECT coalesce(max(rowid), 0) FROM ${table}`)
          const written = await insertRows(database, table, binds, pieces, spec.signal)
          if (
            selectCount(database, `SELECT count(*) FROM ${table} WHERE rowid > ?`, BigInt(afterRowid)) !== written.rows
          ) {
            throw new FatalError('ROWS_LOST', {
              message: `SQLite did not take all rows of chunk ${chunk.id}. Nothing of it was kept.`,
            })
          }
          spec.signal.throwIfAborted()
          insertChunk(database, spec.key, { id: chunk.id, rows: written.rows, afterRowid, ledger: ledger() })
          return written
        })
      }),

    discardChunks: (ids) =>
      guarded(() =>
        transaction(database, () => {
          for (const { id, rows, afterRowid } of readChunks(database, spec.key)) {
            if (!ids.includes(id)) continue
            database.exec(`DELETE FROM ${table} WHERE rowid > ${afterRowid} AND rowid <= ${afterRowid + rows}`)
            deleteChunk(database, spec.key, id)
          }
        }),
      ),
    stagedCount: () => guarded(async () => count()),
    stagedHash: (columns) => {
      const names = columns.map(({ name }) => quoteName(name)).join(', ')
      return guarded(() => hashOf(database, `SELECT ${names} FROM ${table}`, columns, spec.signal))
    },
    publish: () =>
      guarded(async () => {
        if (readLoad(database, spec.key)?.status === 'published') {
          throw new FatalError('ALREADY_PUBLISHED', { message: `The load ${spec.key} has been published already.` })
        }
        spec.signal.throwIfAborted()
        return await transaction(database, () => {
          const result = publishStaging(database, spec, staging)
          database.exec(`DROP TABLE IF EXISTS ${table}`)
          markPublished(database, spec, result)
          return result
        })
      }),
    complete: drop,
    abandon: drop,
    async [Symbol.asyncDispose]() {
      if (database.isOpen) database.close()
      await unlock()
    },
  }
}

async function insertRows(
  database: DatabaseSync,
  table: string,
  binds: readonly ReturnType<typeof bindColumn>[],
  pieces: AsyncIterable<Piece>,
  signal: AbortSignal,
): Promise<{ rows: number; bytes: number }> {
  const width = binds.length
  const perInsert = Math.max(1, Math.min(rowsPerInsert, Math.floor(32_766 / width)))
  const tuple = `(${binds.map(() => '?').join(', ')})`
  const many = database.prepare(`INSERT INTO ${table} VALUES ${Array(perInsert).fill(tuple).join(', ')}`)
  const one = database.prepare(`INSERT INTO ${table} VALUES ${tuple}`)
  const values: SqliteValue[] = new Array(perInsert * width)
  const single: SqliteValue[] = new Array(width)
  let rows = 0
  let bytes = 0
  async function* counted() {
    for await (const piece of pieces) {
      bytes += piece.bytes.length
      yield piece
    }
  }
  for await (const block of readCsv(bytesOf(counted()), { columnCount: width })) {
    signal.throwIfAborted()
    let row = 0
    for (; row + perInsert <= block.rowCount; row += perInsert) {
      for (let n = 0; n < perInsert; n++) bindRow(block, row + n, binds, values, n * width)
      many.run(...values)
    }
    for (; row < block.rowCount; row++) {
      bindRow(block, row, binds, single, 0)
      one.run(...single)
    }
    rows += block.rowCount
    await nextTurn()
  }
  return { rows, bytes }
}

function forget(database: DatabaseSync, key: string, staging: string): void {
  database.exec(`DROP TABLE IF EXISTS ${quoteName(staging)}`)
  deleteLoad(database, key)
}

async function transaction<T>(database: DatabaseSync, work: () => T | Promise<T>): Promise<T> {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = await work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite ends the transaction by itself after some errors, such as a full disk.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
