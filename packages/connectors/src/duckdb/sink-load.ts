import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { FatalError } from '@millrace/core'
import { LossLedger, type Piece } from '@millrace/formats'
import { encodeCsv } from '../kit/encode-csv.ts'
import type { Serial } from '../kit/serial.ts'
import type { Interrupted, Load, LoadSpec } from '../kit/sink.ts'
import { quoteName, quoteText } from '../kit/sql-quote.ts'
import { writePieces } from '../kit/write-pieces.ts'
import { createChunkBatch } from './chunk-batch.ts'
import type { Database } from './database.ts'
import { type ColumnType, columnTypes, createTableSql } from './ddl.ts'
import { duckdbError } from './errors.ts'
import { hashTable } from './hash-table.ts'
import { publishStaging } from './publish.ts'
import { tableAddress } from './relation.ts'
import { deleteChunks, deleteLoad, insertChunk, insertLoad, markPublished, readLoad } from './sink-records.ts'
import { findTarget } from './sink-target.ts'

import { fromParquet } from './stored-text.ts'
import { scalarCount } from './text-rows.ts'

export interface LoadContext {
  readonly database: Database
  readonly catalog: string
  /** Transactions that write, one after the other: each of them uses all threads. */
  readonly write: Serial
  readonly onDispose: () => void
}

/** Tells the rows of chunks apart, so that one can be taken back. Constant within a chunk, it takes no room; it goes with the publish. */
const chunkMark: ColumnType = { name: '_millrace_chunk', type: 'VARCHAR', nullable: true }

/**
 * A load into a staging table beside its target. Chunks are written as Parquet files next to the
 * database first, so that a slow source does not hold a transaction open; then one transaction takes
 * the rows of some files and the record that their chunks are there.
 */
export async function openDuckdbLoad(context: LoadContext, spec: LoadSpec, resume: Interrupted | null): Promise<Load> {
  const { database, catalog, write } = context
  const connection = await database.connect()
  const folder = await stagingFolder(database.path, spec.key)
  try {
    const place = await findTarget(connection, catalog, spec.target)
    const stagingName = `_millrace_s_${spec.key}`
    const staging = tableAddress(catalog, { scope: [place.schema], name: stagingName })
    const staged = columnTypes(spec.columns, spec.sourceDialect)
    const marked = spec.journal.chunks.length > 1
    await write(() =>
      transaction(connection, async () => {
        if (resume) return
        await forget(connection, spec.key, staging)
        if (!place.schemaExists)
          await connection.run(`CREATE SCHEMA IF NOT EXISTS ${schemaAddress(catalog, place.schema)}`)
        await insertLoad(connection, spec, place.address, !place.schemaExists)
        await connection.run(createTableSql(staging, marked ? [...staged, chunkMark] : staged))
      }),
    )
    return load(context, spec, { connection, folder, staging, staged, marked, schema: place.schema })
  } catch (error) {
    connection.closeSync()
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

interface Staging {
  readonly connection: DuckDBConnection
  readonly folder: string
  readonly staging: string
  readonly staged: readonly ColumnType[]
  /** Whether rows say which chunk they came with. */
  readonly marked: boolean
  readonly schema: string
}

function load(context: LoadContext, spec: LoadSpec, at: Staging): Load {
  const { database, catalog, write, onDispose } = context
  const { connection, folder, staging, staged, marked, schema } = at
  const what = `"${database.path}"`
  let published = false

  const writing = <T>(work: () => Promise<T>, signal: AbortSignal | null = spec.signal): Promise<T> =>
    write(async () => {
      const interrupt = () => connection.interrupt()
      signal?.throwIfAborted()
      signal?.addEventListener('abort', interrupt, { once: true })
      try {
        return await transaction(connection, work)
      } catch (error) {
        signal?.throwIfAborted()
        throw duckdbError(error, what)
      } finally {
        signal?.removeEventListener('abort', interrupt)
      }
    })

  const count = () => scalarCount(connection, `SELECT count(*)::VARCHAR FROM ${staging}`)

  const values = staged.map(({ name, type }, index) => {
    const logical = spec.columns[index]?.type ?? { kind: 'text' }
    return fromParquet(logical, type, quoteName(name))
  })
  if (marked) values.push('parse_filename(_millrace_file, true)')

  const batch = createChunkBatch((chunks, after) =>
    writing(
      async () => {
        const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0)
        const files = chunks.filter((chunk) => chunk.rows > 0).map(({ path }) => quoteText(path))
        const before = await count()
        if (files.length > 0) {
          const from = `read_parquet([${files.join(', ')}], filename = '_millrace_file')`
          await connection.run(`INSERT INTO ${staging} SELECT ${values.join(', ')} FROM ${from}`)
        }
        const taken = (await count()) - before
        if (taken !== rows) {
          const ids = chunks.map(({ id }) => id).join(', ')
          throw new FatalError('ROWS_LOST', {
            message: `DuckDB took ${taken} of the ${rows} rows of the chunks ${ids}. Nothing of them was kept.`,
          })
        }
        for (const { id, rows, ledger } of chunks) await insertChunk(connection, spec.key, id, rows, ledger)
      },
      // What is there already is kept for the next run also when this one was told to end.
      after === 'failure' ? null : spec.signal,
    ),
  )

  /** The closing steps also run after an abort: they are what cleans up. */
  const drop = () => {
    batch.forget()
    return write(async () => {
      // First, since nobody looks for it once the record is gone.
      await rm(folder, { recursive: true, force: true })
      await transaction(connection, async () => {
        const record = await readLoad(connection, spec.key)
        await forget(connection, spec.key, staging)
        if (record?.createdSchema) await dropEmptySchema(connection, catalog, schema)
      })
    }).catch((error) => {
      throw duckdbError(error, what)
    })
  }

  return {
    async writeChunk(chunk, pieces, ledger) {
      const path = join(folder, `${chunk.id}.parquet`)
      try {
        const encoded = spec.format === 'parquet' ? pieces : asParquet(pieces, spec)
        const file = await writePieces(path, 'parquet', spec.columns, encoded).catch((error) => {
          throw stagingError(error, folder)
        })
        spec.signal.throwIfAborted()
        await batch.add({ id: chunk.id, path, ...file, ledger: ledger() })
        return file
      } catch (error) {
        await batch.settle()
        await rm(path, { force: true })
        throw error
      }
    },

    async discardChunks(ids) {
      if (ids.length === 0) return
      await batch.flush()
      await writing(async () => {
        const where = marked ? ` WHERE ${quoteName(chunkMark.name)} IN (${ids.map(quoteText).join(', ')})` : ''
        await connection.run(`DELETE FROM ${staging}${where}`)
        await deleteChunks(connection, spec.key, ids)
      })
    },
    async stagedCount() {
      await batch.flush()
      return await writing(count)
    },
    async stagedHash(columns) {
      await batch.flush()
      return await writing(() => hashTable(connection, staging, columns))
    },
    async publish() {
      await batch.flush()
      const record = await write(() => readLoad(connection, spec.key))
      if (published || record?.interrupted.status === 'published') {
        throw new FatalError('ALREADY_PUBLISHED', { message: `The load ${spec.key} has been published already.` })
      }
      const result = await writing(async () => {
        if (marked) await connection.run(`ALTER TABLE ${staging} DROP COLUMN ${quoteName(chunkMark.name)}`)
        const done = await publishStaging({ connection, catalog, spec, staging, staged })
        await connection.run(`DROP TABLE IF EXISTS ${staging}`)
        await markPublished(connection, spec, done)
        return done
      })
      published = true
      return result
    },
    complete: drop,
    abandon: drop,
    async [Symbol.asyncDispose]() {
      await batch.settle()
      connection.closeSync()
      await rm(folder, { recursive: true, force: true })
      onDispose()
    },
  }
}

function asParquet(pieces: AsyncIterable<Piece>, spec: LoadSpec): AsyncIterable<Piece> {
  // Canonical CSV holds no value that the policy was not asked about, so what does not fit here is an error.
  const options = { ...spec.options, infinityAsExtremes: true, parquetCompression: 'none' as const }
  return encodeCsv(pieces, {
    columns: spec.columns,
    format: 'parquet',
    policy: 'error',
    ledger: new LossLedger(),
    options,
  })
}

async function forget(connection: DuckDBConnection, key: string, staging: string): Promise<void> {
  await connection.run(`DROP TABLE IF EXISTS ${staging}`)
  await deleteLoad(connection, key)
}

function schemaAddress(catalog: string, schema: string): string {
  return `${quoteName(catalog)}.${quoteName(schema)}`
}

async function dropEmptySchema(connection: DuckDBConnection, catalog: string, schema: string): Promise<void> {
  const where = `database_name = ${quoteText(catalog)} AND schema_name = ${quoteText(schema)}`
  const left = await scalarCount(
    connection,
    `SELECT ((SELECT count(*) FROM duckdb_tables() WHERE ${where}) + (SELECT count(*) FROM duckdb_views() WHERE ${where}))::VARCHAR`,
  )
  if (left === 0) await connection.run(`DROP SCHEMA ${schemaAddress(catalog, schema)}`)
}

async function transaction<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
  await connection.run('BEGIN TRANSACTION')
  try {
    const result = await work()
    await connection.run('COMMIT')
    return result
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => {})
    throw error
  }
}

/** Beside the database, since that is where there has to be room anyway. */
async function stagingFolder(database: string, key: string): Promise<string> {
  if (database === ':memory:') return await mkdtemp(join(tmpdir(), '_millrace-duckdb-'))
  const folder = join(dirname(database), `_millrace-${basename(database)}-${key}`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

function stagingError(error: unknown, folder: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return new FatalError('DISK_FULL', {
    message: `The disk of "${folder}" is full. Free some space and run the copy again; the target is as it was.`,
    cause: error,
  })
}
