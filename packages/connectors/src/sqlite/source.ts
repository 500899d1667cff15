import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { ConfigError } from '@millrace/core'
import type { Column, LogicalType, WireFormat } from '@millrace/formats'
import { encodeCsv } from '../kit/encode-csv.ts'
import { selectTables } from '../kit/select-tables.ts'
import type { CursorRange, Relation, RelationSchema, Source, TableRef } from '../kit/source.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { cellText } from './cell-text.ts'
import { type DatabaseConfig, openDatabase, prepare, type SqliteValue, selectCount, selectRows } from './database.ts'
import { sqliteError } from './errors.ts'
import { csvOf, hashOf } from './read-rows.ts'
import { logicalType } from './types.ts'

/** Reads under one transaction, so all of it shows the file as it was at the first look. */
export async function openSqliteSource(config: DatabaseConfig): Promise<Source> {
  const database = await openDatabase(config, 'read')
  try {
    database.exec('BEGIN; SELECT count(*) FROM sqlite_schema;')
  } catch (error) {
    database.close()
    throw sqliteError(error, config.path)
  }
  const guarded = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw sqliteError(error, config.path)
    }
  }
  const describe = (relation: Relation) => describeRelation(database, relation)

  return {
    dialect: 'sqlite',
    position: { dataVersion: selectCount(database, 'PRAGMA data_version'), bytes: statSync(config.path).size },
    listTables: (patterns) => guarded(() => listTables(database, patterns)),
    describe: (relation) => guarded(() => describe(relation)),
    planChunks: async () => [{ id: '0000', bounds: null }],
    // The file says nothing about what has changed in it since.
    reusable: async () => [],
    formats: (): readonly WireFormat[] => ['csv', 'ndjson', 'parquet'],

    async *read(request) {
      const { relation, columns, signal } = request
      try {
        const native = describe(relation).columns
        const { from, values } = rowsOf(relation, native)
        const own = columns.map((column) => native.find(({ name }) => name === column.name) ?? column)
        const names = columns.map(({ name }) => quoteName(name)).join(', ')
        yield* encodeCsv(csvOf(database, `SELECT ${names} FROM ${from}`, own, signal, values), {
          ...request,
          native: own,
          uncheckedDates: true,
        })
      } catch (error) {
        signal.throwIfAborted()
        throw sqliteError(error, config.path)
      }
    },

    cursorMark: (relation, cursor, keys) =>
      guarded(() => {
        const { columns } = describe(relation)
        const { from, values } = rowsOf(relation, columns)
        const names = [cursor, ...keys]
        const types = names.map((name) => typeOf(columns, name))
        const where = `${relation.range ? 'AND' : 'WHERE'} ${quoteName(cursor)} IS NOT NULL`
        const order = names.map((name) => `${quoteName(name)} DESC`).join(', ')
        const [row] = selectRows(
          database,
          `SELECT ${names.map(quoteName).join(', ')} FROM ${from} ${where} ORDER BY ${order} LIMIT 1`,
          ...values,
        )
        if (!row) return null
        // Text is compared as it is stored, whatever form its column's type has elsewhere.
        const [first = '', ...rest] = row.map((value, index) =>
          typeof value === 'string' ? value : (cellText(types[index] as LogicalType, value) ?? ''),
        )
        return { cursor: first, keys: rest }
      }),

    countNullCursors: (relation, cursor) =>
      guarded(() =>
        selectCount(database, `SELECT count(*) FROM ${source(relation)} WHERE ${quoteName(cursor)} IS NULL`),
      ),

    count: (relation, signal) =>
      guarded(() => {
        signal?.throwIfAborted()
        const { from, values } = relation.range
          ? rowsOf(relation, describe(relation).columns)
          : { from: source(relation), values: [] }
        return selectCount(database, `SELECT count(*) FROM ${from}`, ...values)
      }),

    contentHash: (relation, columns, signal) =>
      guarded(() => {
        const native = describe(relation).columns
        const { from, values } = rowsOf(relation, native)
        const own = columns.map((column) => native.find(({ name }) => name === column.name) ?? column)
        const names = columns.map(({ name }) => quoteName(name)).join(', ')
        return hashOf(database, `SELECT ${names} FROM ${from}`, own, signal, values)
      }),

    async [Symbol.asyncDispose]() {
      database.close()
    },
  }
}

function source(relation: Relation): string {
  return relation.kind === 'table' ? quoteName(relation.table.name) : `(${relation.sql.replace(/[\s;]+$/, '')}\n)`
}

function listTables(database: DatabaseSync, patterns: readonly string[]): TableRef[] {
  const rows = selectRows(
    database,
    "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_millrace%' ESCAPE '\\' ORDER BY name",
  )
  return selectTables(
    rows.map(([name]) => ({ scope: [], name: String(name) })),
    patterns,
  )
}

/** Columns of anything that can be read; what has no declared type is judged by its first values. */
export function describeRelation(database: DatabaseSync, relation: Relation): RelationSchema {
  const from = source(relation)
  const facts =
    relation.kind === 'table'
      ? selectRows(database, 'SELECT name, "notnull", pk FROM pragma_table_xinfo(?) ORDER BY cid', relation.table.name)
      : []
  const described = prepare(database, `SELECT * FROM ${from}`).columns()
  const columns = described.map(({ name, type }): Column => {
    const fact = facts.find(([column]) => column === name)
    // Only an INTEGER PRIMARY KEY is never NULL without saying so.
    const nullable = !(fact && (fact[1] === 1n || (fact[2] !== 0n && type?.toUpperCase() === 'INTEGER')))
    return { name, type: logicalType(type ?? '') ?? storedType(database, from, name), nullable, sourceType: type ?? '' }
  })
  if (new Set(columns.map(({ name }) => name)).size < columns.length) {
    throw new ConfigError('DUPLICATE_COLUMN', {
      message: 'The query has two columns of the same name. Give one of them another name with AS.',
    })
  }
  return {
    columns,
    primaryKey: facts
      .filter(([, , position]) => position !== 0n)
      .sort((a, b) => Number(a[2]) - Number(b[2]))
      .map(([name]) => String(name)),
    estimatedRows: relation.kind === 'table' ? estimate(database, relation.table.name) : null,
    estimatedBytes: null,
  }
}

const sampleRows = 1000

function storedType(database: DatabaseSync, from: string, name: string): LogicalType {
  const sample = `SELECT ${quoteName(name)} AS v FROM ${from} LIMIT ${sampleRows}`
  const classes = new Set(selectRows(database, `SELECT DISTINCT typeof(v) FROM (${sample})`).map(([kind]) => kind))
  classes.delete('null')
  const only = (...kinds: string[]) => classes.size > 0 && [...classes].every((kind) => kinds.includes(String(kind)))
  if (only('integer')) return { kind: 'integer', bits: 64, unsigned: false }
  if (only('integer', 'real')) return { kind: 'float', bits: 64 }
  return only('blob') ? { kind: 'binary' } : { kind: 'text' }
}

/** From ANALYZE where it was run, else from the greatest rowid, which costs one step. */
function estimate(database: DatabaseSync, table: string): number | null {
  try {
    const [row] = selectRows(database, `SELECT max(rowid) FROM ${quoteName(table)}`)
    return row?.[0] == null ? 0 : Number(row[0])
  } catch {
    // A view, or a table WITHOUT ROWID.
    return null
  }
}

function typeOf(columns: readonly Column[], name: string): LogicalType {
  const column = columns.find((candidate) => candidate.name === name)
  if (column) return column.type
  throw new ConfigError('COLUMN_NOT_FOUND', {
    message: `There is no column "${name}". The columns are ${columns.map((candidate) => candidate.name).join(', ')}.`,
  })
}

function rowsOf(relation: Relation, columns: readonly Column[]): { from: string; values: SqliteValue[] } {
  const from = source(relation)
  if (!relation.range) return { from, values: [] }
  const { sql, values } = rangePredicate(relation.range, columns)
  return { from: `${from} WHERE ${sql}`, values }
}

function rangePredicate(range: CursorRange, columns: readonly Column[]): { sql: string; values: SqliteValue[] } {
  const { cursor, keys, after, lookback } = range
  const name = quoteName(cursor)
  const type = typeOf(columns, cursor)
  const mark = markValue(type, after.cursor)
  if (lookback !== undefined) {
    if (lookback === 0) return { sql: `${name} >= ?`, values: [mark] }
    if (type.kind === 'timestamp' || type.kind === 'date')
      return { sql: `${name} >= ?`, values: [earlier(after.cursor, lookback, type)] }
    return { sql: `${name} >= ? - ?`, values: [mark, lookback] }
  }
  const values: SqliteValue[] = [mark]
  if (keys.length === 0) return { sql: `${name} > ?`, values }
  const marks = keys.map((key, index) => markValue(typeOf(columns, key), after.keys[index] ?? ''))
  const places = keys.map(() => '?').join(', ')
  return {
    sql: `(${name} > ? OR (${name} = ? AND (${keys.map(quoteName).join(', ')}) > (${places})))`,
    values: [mark, mark, ...marks],
  }
}

/** Compared as the column stores it: numbers as numbers, times as text. */
function markValue(type: LogicalType, text: string): SqliteValue {
  if (type.kind === 'integer') return /^-?\d+$/.test(text) ? BigInt(text) : text
  if (type.kind === 'float') return Number(text)
  if (type.kind === 'boolean') return text === 't' ? 1n : 0n
  if (type.kind === 'binary') return Buffer.from(text.slice(2), 'hex')
  if (type.kind === 'decimal') return text === '' || Number.isNaN(Number(text)) ? text : Number(text)
  return text
}

function earlier(text: string, seconds: number, type: LogicalType): string {
  const time = Date.parse(`${text.replace(' ', 'T').replace(/(\+00|Z)$/, '')}${text.length > 10 ? 'Z' : ''}`)
  const moved = new Date(time - seconds * 1000).toISOString()
  if (type.kind === 'date') return moved.slice(0, 10)
  return text.includes('T') ? moved : moved.replace('T', ' ').replace(/Z$/, '')
}
