import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Engine } from '../engine/engine.ts'
import { EngineError } from '../engine/engine-error.ts'
import { quoteName, quoteText } from '../engine/quote.ts'
import { byteStream } from '../streams.ts'
import { ApiError } from './api-error.ts'
import { type Column, columnsOf, list, narrowed, structure } from './column.ts'
import { csvFields, firstRecord } from './csv-fields.ts'
import { type Dialect, engineFormats, readSettings } from './format.ts'
import type { Load, LoadContext } from './load-context.ts'
import { publish } from './publish.ts'
import { sortRows } from './sort-rows.ts'
import { keep, peek, uncompressed, without } from './upload.ts'

/** Where loads prepare what nobody sees yet. Emptied at every start. */
export const staging = '_millrace_staging'

/** Loads up to this size that are complete at once go into the table in one block, without staging. */
const directBytes = 1024 * 1024

const nothingBad = { quarantined: 0, invalidLines: 0 }

export interface Loaded {
  readonly importId: string
  readonly rows: number
  readonly quarantined: number
  readonly invalidLines: number
  readonly bytes: number
}

/**
 * Loads rows: all that fit become visible at once, the others are put in quarantine. A load that fails
 * leaves nothing. Rows are read by ClickHouse alone while they arrive; only when a row does not fit is
 * the file, which is kept until then, read again more carefully.
 */
export async function load(engine: Engine, asked: Load): Promise<Loaded> {
  const importId = randomUUID()
  const plain = await uncompressed(asked.source)
  const columns = await columnsOf(engine, asked.table)
  if (columns === null) throw new ApiError(404, `Resource '${asked.table}' not found.`)
  const start = await peek(plain, directBytes)
  const head = asked.dialect.format === 'csv' ? readHeader(start.head, start.whole, columns, asked.dialect) : null
  const source = head === null ? start.all : without(start.all, head.bytes)
  const id = importId.replaceAll('-', '')
  const name = (kind: string) => `${quoteName(staging)}.${quoteName(`${kind}_${id}`)}`
  const context: LoadContext = {
    engine,
    importId,
    table: asked.table,
    dialect: asked.dialect,
    columns: head === null ? columns : head.columns,
    names: {
      rows: name('rows'),
      wide: name('wide'),
      bad: name('bad'),
      quarantine: name('quarantine'),
      next: name('next'),
    },
    file: join(engine.directory, 'uploads', id),
    signal: asked.signal,
  }
  try {
    if (asked.mode === 'append' && (start.whole || asked.direct === true)) {
      const body = start.whole ? start.head.subarray(head?.bytes ?? 0) : Buffer.concat(await source.toArray())
      const rows = await insertDirectly(context, body)
      if (rows !== null) return outcome(context, rows, nothingBad, body.length)
      return await loadStaged(context, asked, byteStream([body]))
    }
    return await loadStaged(context, asked, source)
  } finally {
    await rm(context.file, { force: true })
    for (const more of ['errors', 'objects']) await rm(`${context.file}.${more}`, { force: true })
  }
}

/** Null when some row does not fit; then none is in the table. */
async function insertDirectly(context: LoadContext, body: Buffer): Promise<number | null> {
  const { engine, table, signal } = context
  if (body.length === 0) return 0
  const whole = { max_threads: '1', max_insert_threads: '1', input_format_parallel_parsing: '0' }
  // One block, which is all there or not at all.
  const block = { min_insert_block_size_rows: '100000000', min_insert_block_size_bytes: '10000000000' }
  const settings = { ...readSettings(context.dialect), ...whole, ...block }
  const sql = (pipe: string) => insertFrom(context, pipe, quoteName(table))
  try {
    const source = byteStream([body])
    return (await engine.write({ sql, settings, writes: true }, source, signal)).rowsWritten
  } catch (error) {
    if (isAboutRows(error)) return null
    throw error
  }
}

async function loadStaged(context: LoadContext, asked: Load, source: Readable): Promise<Loaded> {
  const { engine, names, signal } = context
  try {
    await createRows(context, asked.mode)
    const { stream, kept } = keep(source, context.file)
    const strict = await insertStrictly(context, stream, kept)
    const sorted = strict === null ? await sortRows(context) : { rows: strict, ...nothingBad }
    const bytes = await kept
    signal?.throwIfAborted()
    const published = await publish(context, asked.mode, asked.condition)
    return outcome(context, published ?? sorted.rows, sorted, bytes)
  } finally {
    for (const table of Object.values(names)) {
      await engine.run({ sql: `DROP TABLE IF EXISTS ${table} SYNC` }).catch(() => {})
    }
  }
}

/** Null when some row does not fit; then none is staged, and the file has all of them. */
async function insertStrictly(context: LoadContext, stream: Readable, kept: Promise<number>): Promise<number | null> {
  const { engine, names, signal } = context
  try {
    const sql = (pipe: string) => insertFrom(context, pipe, names.rows)
    return (await engine.write({ sql, settings: readSettings(context.dialect), writes: true }, stream, signal))
      .rowsWritten
  } catch (error) {
    if (!isAboutRows(error)) throw error
    // The rest may still be on its way.
    await kept
    await engine.run({ sql: `TRUNCATE TABLE ${names.rows}` })
    return null
  }
}

async function createRows({ engine, table, names }: LoadContext, mode: Load['mode']): Promise<void> {
  const found = await engineOf(engine, table)
  // What is exchanged must be the same; what is appended must only hold the rows.
  const engineClause = mode === 'replace' || /MergeTree$/.test(found) ? '' : 'ENGINE = MergeTree ORDER BY tuple()'
  await engine.run({ sql: `CREATE TABLE ${names.rows} AS ${quoteName(table)} ${engineClause}` })
}

async function engineOf(engine: Engine, table: string): Promise<string> {
  const sql = `SELECT engine FROM system.tables WHERE database = 'default' AND name = ${quoteText(table)}`
  return Buffer.from((await engine.run({ sql, format: 'TSVRaw' })).bytes)
    .toString()
    .trim()
}

function insertFrom({ columns, dialect }: LoadContext, pipe: string, target: string): string {
  return `INSERT INTO ${target} (${list(columns)})
    SELECT ${columns.map(narrowed).join(', ')}
    FROM file(${pipe}, ${engineFormats[dialect.format]}, ${quoteText(structure(columns))}, 'none')`
}

function outcome(
  { importId }: LoadContext,
  rows: number,
  { quarantined, invalidLines }: { readonly quarantined: number; readonly invalidLines: number },
  bytes: number,
): Loaded {
  return { importId, rows, quarantined, invalidLines, bytes }
}

/** A header has nothing but names of columns. Rows are then mapped by name, otherwise by position. */
function readHeader(
  head: Buffer,
  whole: boolean,
  columns: readonly Column[],
  { delimiter }: Dialect,
): { readonly columns: readonly Column[]; readonly bytes: number } | null {
  const first = firstRecord(head) ?? (whole ? { text: head.toString(), bytes: head.length } : null)
  const fields = first === null ? null : csvFields(first.text.replace(/^\ufeff/, ''), delimiter)
  if (first === null || fields === null) return null
  const byName = new Map(columns.map((column) => [column.name, column]))
  const named = fields.map((field) => byName.get((field ?? '').trim()))
  const known = named.filter((column) => column !== undefined)
  if (known.length === fields.length && new Set(known).size === known.length) {
    return { columns: known, bytes: first.bytes }
  }
  if (fields.length > 1 && known.length > fields.length / 2) {
    const unknown = fields.filter((_, index) => named[index] === undefined)
    throw new ApiError(400, `The CSV header names columns that the Data Source does not have: ${unknown.join(', ')}.`)
  }
  return null
}

/** Codes of ClickHouse that some value or line of the data causes. */
const aboutRows = new Set([
  6, 26, 27, 32, 33, 34, 35, 36, 38, 41, 43, 53, 69, 70, 72, 117, 130, 131, 190, 321, 349, 376, 407, 441, 467, 469, 636,
  691, 675, 676,
])

function isAboutRows(error: unknown): boolean {
  return error instanceof EngineError && aboutRows.has(error.code)
}
