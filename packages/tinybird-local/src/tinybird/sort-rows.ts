import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Engine } from '../engine/engine.ts'
import { EngineError } from '../engine/engine-error.ts'
import { quoteName, quoteText } from '../engine/quote.ts'
import { byteStream } from '../streams.ts'
import { ApiError } from './api-error.ts'
import { bareType, type Column, columnsOf, fits, list, narrowed, rowsOf, structure } from './column.ts'
import { csvFields } from './csv-fields.ts'
import { engineFormats, readSettings } from './format.ts'
import type { LoadContext } from './load-context.ts'
import { onlyObjects } from './only-objects.ts'

export function quarantineTable(table: string): string {
  return `${table}_quarantine`
}

/** Beside the columns of the data source, which are all text here. */
const quarantineColumns =
  'c__error_column Array(String), c__error Array(String), c__import_id Nullable(String), insertion_date DateTime'

/** ClickHouse needs a fraction of a millisecond for each row that it cannot read; a wrong file would take for ever. */
const mostBadRows = 20_000

export interface Sorted {
  readonly rows: number
  readonly quarantined: number
  readonly invalidLines: number
}

/**
 * Reads the file of a load in which something does not fit: rows that do fit are staged, rows that have
 * the right shape but a value that does not fit go to quarantine, and the rest is only counted.
 */
export async function sortRows(context: LoadContext): Promise<Sorted> {
  const { engine, columns, names, table, importId, dialect, signal } = context
  const errors = `${context.file}.errors`
  const lines = dialect.format === 'ndjson'
  const file = lines ? `${context.file}.objects` : context.file
  const refused = { invalidLines: lines ? (await onlyObjects(context.file, file)).others : 0 }
  const text = columns.map(({ name }) => `${quoteName(name)} Nullable(String)`).join(', ')
  const from = `file(${quoteText(file)}, ${engineFormats[dialect.format]}, ${quoteText(structure(columns))}, 'none')`
  await engine.run({ sql: `CREATE TABLE ${names.wide} (${structure(columns)}) ENGINE = MergeTree ORDER BY tuple()` })
  await engine.run({ sql: `CREATE TABLE ${names.bad} (${text}, _reason String) ENGINE = MergeTree ORDER BY tuple()` })
  const lenient = {
    input_format_allow_errors_num: `${mostBadRows}`,
    // Only the number counts.
    input_format_allow_errors_ratio: '0',
    input_format_record_errors_file_path: errors,
    // The numbers of the lines, and where a line ends after an open quote, hold for one reader only.
    input_format_parallel_parsing: '0',
    max_threads: '1',
  }
  const settings = { ...readSettings(dialect), ...lenient }
  const sql = `INSERT INTO ${names.wide} (${list(columns)}) SELECT * FROM ${from}`
  await engine.run({ sql, settings }, signal).catch((error) => {
    throw tooManyBadRows(error)
  })
  const good = `INSERT INTO ${names.rows} (${list(columns)}) SELECT ${columns.map(narrowed).join(', ')} FROM ${names.wide} WHERE ${fits(columns)}`
  const { rowsWritten: rows } = await engine.run({ sql: good, writes: true }, signal)
  const asText = columns.map(({ name }) => `toString(${quoteName(name)})`).join(', ')
  await engine.run({
    sql: `INSERT INTO ${names.bad} SELECT ${asText}, '' FROM ${names.wide} WHERE NOT (${fits(columns)})`,
  })
  const bad = byteStream(badRows({ ...context, file }, errors, refused))
  await engine.write(
    { sql: (pipe) => `INSERT INTO ${names.bad} FROM INFILE ${pipe} COMPRESSION 'none' FORMAT JSONEachRow` },
    bad,
    signal,
  )
  await createQuarantine(engine, table)
  const { rowsWritten: quarantined } = await engine.run({
    sql: `INSERT INTO ${quoteName(quarantineTable(table))} (${list(columns)}, c__error_column, c__error, c__import_id, insertion_date)
      SELECT ${list(columns)}, ${complaints(columns)}, ${quoteText(importId)}, now() FROM ${names.bad}`,
    writes: true,
  })
  return { rows, quarantined, ...refused }
}

function tooManyBadRows(error: unknown): unknown {
  if (!(error instanceof EngineError) || !/Already have \d+ errors/.test(error.message)) return error
  return new ApiError(
    400,
    `More than ${mostBadRows} rows cannot be read with the schema of the Data Source, so nothing was loaded. The last one: ${error.message.slice(0, 1000)}`,
  )
}

export async function createQuarantine(engine: Engine, table: string): Promise<void> {
  const columns = (await columnsOf(engine, table)) ?? []
  const text = columns.map(({ name }) => `${quoteName(name)} Nullable(String)`).join(', ')
  const name = quoteName(quarantineTable(table))
  await engine.run({
    sql: `CREATE TABLE IF NOT EXISTS ${name} (${text}, ${quarantineColumns}) ENGINE = MergeTree ORDER BY tuple()`,
  })
  // The data source may have got more columns since.
  for (const column of columns) {
    await engine.run({ sql: `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS ${quoteName(column.name)} Nullable(String)` })
  }
}

/** The two arrays that say which columns do not fit, and why. */
function complaints(columns: readonly Column[]): string {
  const checks = columns.flatMap(({ name, type }) => {
    const bare = bareType(type)
    if (!/^(U?Int|Float|BFloat|Decimal|Date|UUID|Bool|IPv)/.test(bare)) return []
    const column = quoteName(name)
    const bad = `isNotNull(${column}) AND ${column} != '' AND isNull(accurateCastOrNull(${column}, ${quoteText(bare)}))`
    const message = `concat('The value ', ${column}, ' cannot be read as ', ${quoteText(type)})`
    return [`if(${bad}, (${quoteText(name)}, assumeNotNull(${message})), ('', ''))`]
  })
  const found = `arrayFilter(x -> x.1 != '', [${checks.length === 0 ? "('', '')" : checks.join(', ')}])`
  // ClickHouse's own reason names the first column that it could not read.
  const guessed = `[(extract(_reason, 'name: (.+?), +type: [^\\n]+ERROR'), if(_reason = '', 'The row does not fit the schema', _reason))]`
  const all = `if(empty(${found}), ${guessed}, ${found})`
  return `arrayMap(x -> x.1, ${all}), arrayMap(x -> x.2, ${all})`
}

/** Rows that ClickHouse could not read, as NDJSON with text values. Counts those without the right shape. */
async function* badRows(context: LoadContext, errors: string, refused: { invalidLines: number }) {
  const { columns, dialect } = context
  const read = dialect.format === 'ndjson' ? badObjects(context, errors) : badFields(context, errors)
  for await (const { values, reason } of read) {
    if (values === null) {
      refused.invalidLines++
      continue
    }
    const row = Object.fromEntries(columns.map(({ name }, index) => [name, values[index] ?? null]))
    yield `${JSON.stringify({ ...row, _reason: reason })}\n`
  }
}

interface BadRow {
  readonly values: readonly (string | null)[] | null
  readonly reason: string
}

const errorColumns =
  'time String, database Nullable(String), name Nullable(String), row UInt64, reason String, raw String'

async function* errorLines<T>({ engine }: LoadContext, errors: string, wanted: string): AsyncGenerator<T> {
  const exists = await rowsOf(
    engine,
    `SELECT 1 AS one FROM file(${quoteText(errors)}, LineAsString, 'line String') LIMIT 1`,
  ).catch(() => [])
  if (exists.length === 0) return
  const { stream, outcome } = await engine.read({
    sql: (pipe) =>
      `SELECT ${wanted} FROM file(${quoteText(errors)}, CSV, ${quoteText(errorColumns)}) INTO OUTFILE ${pipe} APPEND FORMAT JSONCompactEachRow`,
    settings: { max_threads: '1', output_format_json_quote_64bit_integers: '0' },
  })
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }))
    yield JSON.parse(line) as T
  await outcome
}

async function* badFields(context: LoadContext, errors: string): AsyncGenerator<BadRow> {
  for await (const [reason, raw] of errorLines<[string, string]>(context, errors, 'reason, raw')) {
    const values = csvFields(raw.replace(/\r?\n?$/, ''), context.dialect.delimiter)
    yield { values: values?.length === context.columns.length ? values : null, reason }
  }
}

/** ClickHouse keeps the numbers of such lines only. */
async function* badObjects(context: LoadContext, errors: string): AsyncGenerator<BadRow> {
  const numbers = errorLines<[number]>(context, errors, 'row')
  let next = await numbers.next()
  let number = 0
  const input = createReadStream(context.file)
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (next.done === true) break
    if (++number !== next.value[0]) continue
    yield { values: objectValues(line, context.columns), reason: '' }
    next = await numbers.next()
  }
  input.destroy()
}

function objectValues(line: string, columns: readonly Column[]): (string | null)[] {
  const row = JSON.parse(line) as Readonly<Record<string, unknown>>
  return columns.map(({ name }) => {
    const value = row[name] ?? null
    return value === null || typeof value === 'string' ? value : JSON.stringify(value)
  })
}
