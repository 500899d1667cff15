import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Column, createCsvEncoder } from '@millrace/formats'
import { currentCatalog, databaseCatalog } from '../duckdb/catalog.ts'
import { type Database, openDatabase } from '../duckdb/database.ts'
import { duckdbError } from '../duckdb/errors.ts'
import { openDuckdbSource } from '../duckdb/source.ts'
import { serial } from '../kit/serial.ts'
import type { Relation, Source } from '../kit/source.ts'
import { quoteName, quoteText } from '../kit/sql-quote.ts'
import type { CsvLayout } from './csv-table.ts'
import { duckdbType, type FileTable } from './file-table.ts'
import type { FileRelation } from './find-relations.ts'
import { quoteGlobFree } from './read-back.ts'

export interface FileQueries extends AsyncDisposable {
  /** A source in which the relation can be read: all the files it names are views there. */
  sourceFor(relation: Relation): Promise<Source>
}

export interface FileQueriesOptions {
  readonly label: string
  readonly relations: readonly FileRelation[]
  readonly position: Readonly<Record<string, unknown>>
  readonly parallel: number
  /** Where files may be put; it goes away with the source. */
  readonly folder: string
  tableOf(relation: FileRelation): Promise<FileTable & { readonly layout?: CsvLayout }>
}

/**
 * Files as views of a DuckDB database in memory: for queries, for ranges of a cursor, and for
 * Parquet. CSV and NDJSON have the same columns and types there as they have without it.
 */
export function createFileQueries(options: FileQueriesOptions): FileQueries {
  const inTurn = serial()
  const seen = new Set<FileRelation>()
  const sources: Source[] = []
  let database: Database | null = null

  const makeViews = async (relations: readonly FileRelation[]) => {
    database ??= await openDatabase({ path: ':memory:' }, 'write')
    const connection = await database.connect()
    try {
      for (const relation of relations) {
        const rows = await relationSql(relation, options)
        await connection.run(`CREATE VIEW ${quoteName(relation.name)} AS ${rows}`)
        seen.add(relation)
      }
      const catalog = databaseCatalog(await currentCatalog(connection))
      const { parallel, position } = options
      // A source sees what was there when it was opened, so new views need a new one.
      sources.unshift(await openDuckdbSource({ database, catalog, dialect: 'files', parallel, position }))
    } catch (error) {
      throw duckdbError(error, `"${options.label}"`)
    } finally {
      connection.closeSync()
    }
  }

  return {
    sourceFor: (relation) =>
      inTurn(async () => {
        const wanted = options.relations.filter((one) => names(relation, one) && !seen.has(one))
        if (wanted.length > 0 || sources.length === 0) await makeViews(wanted)
        return sources[0] as Source
      }),
    async [Symbol.asyncDispose]() {
      for (const source of sources) await source[Symbol.asyncDispose]()
      await database?.[Symbol.asyncDispose]()
    },
  }
}

/** A view costs a pass over its files, so only those are made whose name stands in the query. */
export function names(relation: Relation, { name }: { readonly name: string }): boolean {
  if (relation.kind === 'table') return relation.table.name === name
  return relation.sql.toLowerCase().includes(name.toLowerCase().replaceAll('"', '""'))
}

async function relationSql(relation: FileRelation, options: FileQueriesOptions): Promise<string> {
  if (relation.select !== undefined) return relation.select
  if (relation.format === 'parquet')
    return `SELECT * FROM read_parquet([${relation.files.map(quoteGlobFree).join(', ')}], union_by_name = true)`
  const table = await options.tableOf(relation)
  if (table.layout) return csvSql(relation.files, table.columns, table.layout, relation.compression)
  const spool = join(options.folder, `rows-${options.relations.indexOf(relation)}.csv`)
  await pipeline(canonicalCsv(table), createWriteStream(spool, { mode: 0o600 }))
  return csvSql([spool], table.columns, { delimiter: ',', header: false, names: [] }, 'none')
}

async function* canonicalCsv(table: FileTable): AsyncGenerator<Buffer> {
  const encoder = createCsvEncoder({ columns: table.columns })
  for await (const block of table.blocks()) {
    // The stream keeps the bytes longer than the encoder does.
    for (const { bytes } of await encoder.encode(block)) yield Buffer.from(bytes)
  }
}

/** A SELECT in which NULL and the empty string stay apart. */
function csvSql(
  files: readonly string[],
  columns: readonly Column[],
  { delimiter, header }: CsvLayout,
  compression: FileRelation['compression'],
): string {
  const options = [
    `[${files.map(quoteGlobFree).join(', ')}]`,
    'auto_detect = false',
    `delim = ${quoteText(delimiter)}`,
    `quote = '"'`,
    `escape = '"'`,
    `header = ${header}`,
    `nullstr = ''`,
    'allow_quoted_nulls = false',
    `compression = '${compression}'`,
    'max_line_size = 16777216',
    'buffer_size = 33554432',
    `columns = {${columns.map(({ name }) => `${quoteText(name)}: 'VARCHAR'`).join(', ')}}`,
  ]
  const values = columns.map(({ name, type }) =>
    type.kind === 'text' ? quoteName(name) : `CAST(${quoteName(name)} AS ${duckdbType(type)}) AS ${quoteName(name)}`,
  )
  return `SELECT ${values.join(', ')} FROM read_csv(${options.join(', ')})`
}
