import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ConfigError } from '@millrace/core'
import { currentCatalog, databaseCatalog } from '../duckdb/catalog.ts'
import { openDatabase } from '../duckdb/database.ts'
import { duckdbError } from '../duckdb/errors.ts'
import { openDuckdbSource } from '../duckdb/source.ts'
import type { OpenOptions } from '../kit/connector.ts'
import type { Source } from '../kit/source.ts'
import { quoteName } from '../kit/sql-quote.ts'
import type { FileFormat } from './config.ts'
import { csvRelation } from './csv-relation.ts'
import { fileError } from './errors.ts'
import { type FileRelation, findRelations } from './find-relations.ts'
import { jsonRelation } from './json-relation.ts'
import { quoteGlobFree } from './read-back.ts'

export interface FilesSourceConfig {
  readonly path: string
  /** Null where the name does not tell. */
  readonly format: FileFormat | null
  readonly compression: 'none' | 'gzip' | 'zstd'
  readonly header: boolean
  readonly allText: boolean
}

/**
 * Files as tables of a DuckDB database in memory, named after the files. A pattern or a folder of
 * parts is one table; any other folder has a table for each of its files.
 */
export async function openFilesSource(config: FilesSourceConfig, options: OpenOptions = {}): Promise<Source> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-files-'))
  const close = () => rm(folder, { recursive: true, force: true })
  try {
    const relations =
      config.path === '-'
        ? [await spoolStdin(config, folder, options.signal)]
        : await findRelations(config).catch(refuse(config))
    const database = await openDatabase({ path: ':memory:' }, 'write')
    const connection = await database.connect()
    try {
      for (const [index, relation] of relations.entries()) {
        options.signal?.throwIfAborted()
        const rows = await relationSql(connection, relation, config, folder, index)
        await connection.run(`CREATE VIEW ${quoteName(relation.name)} AS ${rows}`)
      }
      const catalog = databaseCatalog(await currentCatalog(connection))
      return await openDuckdbSource({
        database,
        catalog: {
          ...catalog,
          async list(connection, patterns) {
            const found = await catalog.list(connection, patterns)
            return found.map(({ name }) => ({ scope: [], name }))
          },
        },
        dialect: 'files',
        parallel: options.parallel ?? 1,
        position: { files: relations.map(({ name, files }) => ({ name, files: files.length })) },
        onDispose: async () => {
          await database[Symbol.asyncDispose]()
          await close()
        },
      })
    } catch (error) {
      await database[Symbol.asyncDispose]()
      throw duckdbError(error, `"${config.path}"`)
    } finally {
      connection.closeSync()
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function relationSql(
  connection: Parameters<typeof csvRelation>[0],
  relation: FileRelation,
  config: FilesSourceConfig,
  folder: string,
  index: number,
): Promise<string> {
  switch (relation.format) {
    case 'parquet':
      return `SELECT * FROM read_parquet([${relation.files.map(quoteGlobFree).join(', ')}], union_by_name = true)`
    case 'csv':
      return await csvRelation(connection, relation, config)
    case 'ndjson':
      return await jsonRelation(connection, relation, folder, index)
  }
}

function refuse(config: FilesSourceConfig): (error: unknown) => never {
  return (error) => {
    throw fileError(error, config.path)
  }
}

/** Standard input can be read once, and a copy describes, reads and proves: it goes to a file first. */
async function spoolStdin(
  config: FilesSourceConfig,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<FileRelation> {
  if (config.format === null) {
    throw new ConfigError('FORMAT_REQUIRED', {
      message: 'Standard input has no name that tells its format. Write files:-?format=csv, ndjson or parquet.',
    })
  }
  const path = join(folder, 'stdin')
  try {
    await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }), signal ? { signal } : {})
  } catch (error) {
    signal?.throwIfAborted()
    throw fileError(error, folder)
  }
  const { format, compression } = config
  return { name: 'stdin', files: [path], format, compression }
}
