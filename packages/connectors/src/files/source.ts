import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ConfigError } from '@millrace/core'
import { type Column, createRowHasher } from '@millrace/formats'
import type { OpenOptions } from '../kit/connector.ts'
import { encodeBlocks } from '../kit/encode-csv.ts'
import { selectTables } from '../kit/select-tables.ts'
import type { Relation, Source } from '../kit/source.ts'
import type { FilesSourceConfig } from './config.ts'
import { openCsvTable } from './csv-table.ts'
import { fileError } from './errors.ts'
import { createFileQueries } from './file-queries.ts'
import type { FileTable } from './file-table.ts'
import { type FileRelation, findRelations } from './find-relations.ts'
import { openNdjsonTable } from './ndjson-table.ts'
import { selectColumns } from './select-columns.ts'

/**
 * Files as tables, named after the files. A pattern or a folder of parts is one table; any other
 * folder has a table for each of its files. CSV and NDJSON are read by ourselves; DuckDB reads
 * Parquet, and answers queries.
 */
export async function openFilesSource(config: FilesSourceConfig, options: OpenOptions = {}): Promise<Source> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-files-'))
  const close = () => rm(folder, { recursive: true, force: true })
  try {
    const relations =
      config.path === '-'
        ? [await spoolStdin(config, folder, options.signal)]
        : await findRelations(config).catch(refuse(config))
    return filesSource(config, relations, folder, options, close)
  } catch (error) {
    await close()
    throw error
  }
}

function filesSource(
  config: FilesSourceConfig,
  relations: readonly FileRelation[],
  folder: string,
  { parallel = 1, signal }: OpenOptions,
  close: () => Promise<void>,
): Source {
  const position = { files: relations.map(({ name, files }) => ({ name, files: files.length })) }
  const tables = new Map<FileRelation, Promise<FileTable>>()
  const tableOf = (relation: FileRelation) => {
    let table = tables.get(relation)
    table ??= relation.format === 'csv' ? openCsvTable(relation, config, signal) : openNdjsonTable(relation, signal)
    tables.set(relation, table)
    return table
  }
  const queries = createFileQueries({ label: config.path, relations, position, parallel, folder, tableOf })

  /** The table of a relation that needs no query; null for any other. */
  const direct = async (relation: Relation): Promise<FileTable | null> => {
    if (relation.kind === 'query' || relation.range) return null
    const found = relations.find(({ name }) => name === relation.table.name)
    return found && found.format !== 'parquet' ? await tableOf(found) : null
  }

  return {
    dialect: 'files',
    position,
    listTables: async (patterns) =>
      selectTables(
        relations.map(({ name }) => ({ scope: [], name })).sort((a, b) => (a.name < b.name ? -1 : 1)),
        patterns,
      ),

    async describe(relation) {
      const table = await direct(relation)
      if (!table) return await (await queries.sourceFor(relation)).describe(relation)
      const { columns, rows, bytes } = table
      return { columns, primaryKey: [], estimatedRows: rows, estimatedBytes: bytes }
    },

    planChunks: async () => [{ id: '0000', bounds: null }],
    // A file may have been changed by anybody between two runs.
    reusable: async () => [],
    formats: () => ['csv', 'ndjson', 'parquet'],

    async *read(request) {
      const { relation, columns, signal } = request
      const table = await direct(relation)
      if (!table) yield* (await queries.sourceFor(relation)).read(request)
      else {
        const blocks = selectColumns(table.blocks(signal), table.columns, columns)
        yield* encodeBlocks(blocks, { ...request, native: nativeColumns(table, columns) })
      }
    },

    cursorMark: async (relation, cursor, keys) =>
      await (await queries.sourceFor(relation)).cursorMark(relation, cursor, keys),
    countNullCursors: async (relation, cursor) =>
      await (await queries.sourceFor(relation)).countNullCursors(relation, cursor),

    async count(relation, signal) {
      const table = await direct(relation)
      if (!table) return await (await queries.sourceFor(relation)).count(relation, signal)
      if (table.rows !== null) return table.rows
      let rows = 0
      for await (const block of table.blocks(signal)) rows += block.rowCount
      return rows
    },

    async contentHash(relation, columns, signal) {
      const table = await direct(relation)
      if (!table) return await (await queries.sourceFor(relation)).contentHash(relation, columns, signal)
      const hasher = createRowHasher(columns)
      for await (const block of selectColumns(table.blocks(signal), table.columns, columns)) hasher.update(block)
      return hasher.digest()
    },

    async [Symbol.asyncDispose]() {
      await queries[Symbol.asyncDispose]()
      await close()
    },
  }
}

/** The columns before any was overridden to text. */
function nativeColumns(table: FileTable, columns: readonly Column[]): Column[] {
  return columns.map((column) => table.columns.find(({ name }) => name === column.name) ?? column)
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
      message: 'Standard input has no name that tells its format. Say --format csv, ndjson or parquet.',
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
