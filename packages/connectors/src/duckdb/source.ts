import type { DuckDBConnection } from '@duckdb/node-api'
import type { Column, ContentHash, Piece, WireFormat } from '@millrace/formats'
import { encodeCsv } from '../kit/encode-csv.ts'
import type { CursorMark, ReadRequest, Relation, RelationSchema, Source } from '../kit/source.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { canonicalText } from './canonical-text.ts'
import type { Catalog } from './catalog.ts'
import { type ConnectionPool, createConnectionPool } from './connection-pool.ts'
import { csvRows } from './csv-rows.ts'
import { streamCsv } from './csv-stream.ts'
import type { Database } from './database.ts'
import { cursorText, type NativeColumn, nativeColumns, rowsOf, subquery } from './relation.ts'
import { hashRows, scalarCount, textRows } from './text-rows.ts'
import { logicalType } from './types.ts'

export interface DuckdbSourceOptions {
  readonly database: Database
  readonly catalog: Catalog
  readonly dialect: string
  readonly parallel: number
  readonly position: Readonly<Record<string, unknown>>
  /** Called once when the source is disposed, after its connections are closed. */
  readonly onDispose?: () => Promise<void>
}

/** A source over an open database: DuckDB's own tables, or whatever files its catalog turns into relations. */
export async function openDuckdbSource(options: DuckdbSourceOptions): Promise<Source> {
  const { database, catalog, dialect, position } = options
  const pool = await createConnectionPool(database, options.parallel)

  const fromOf = (relation: Relation) =>
    relation.kind === 'query' ? subquery(relation.sql) : catalog.address(relation.table)

  const open = async (connection: DuckDBConnection, relation: Relation) => {
    const from = fromOf(relation)
    const columns = await nativeColumns(connection, from)
    return { columns, from, rows: rowsOf(relation, from, columns) }
  }

  return {
    dialect,
    position,
    listTables: (patterns) => pool.use((connection) => catalog.list(connection, patterns)),

    async describe(relation): Promise<RelationSchema> {
      return await pool.use(async (connection) => {
        const { columns } = await open(connection, relation)
        const facts =
          relation.kind === 'table'
            ? await catalog.facts(connection, relation.table)
            : { required: [], primaryKey: [], estimatedRows: null }
        const required = new Set(facts.required)
        return {
          columns: columns.map(({ name, type }) => ({
            name,
            type: logicalType(type),
            nullable: !required.has(name),
            sourceType: type.alias ?? type.toString(),
          })),
          primaryKey: facts.primaryKey,
          estimatedRows: facts.estimatedRows,
          estimatedBytes: null,
        }
      })
    },

    // DuckDB reads one relation with all of its threads, so nothing is gained by cutting it.
    planChunks: async () => [{ id: '0000', bounds: null }],

    // A file may have been changed by anybody between two runs, and DuckDB keeps no position that would tell.
    reusable: async () => [],

    formats: (): readonly WireFormat[] => ['csv', 'ndjson', 'parquet', 'copy-text'],

    read: (request) => read(request, pool, open),

    cursorMark: (relation, cursor, keys): Promise<CursorMark | null> =>
      pool.use(async (connection) => {
        const { columns, rows } = await open(connection, relation)
        const texts = [cursor, ...keys].map((name) => cursorText(columns, name))
        const order = [cursor, ...keys].map((name) => `${quoteName(name)} DESC NULLS LAST`)
        const where = `${relation.range ? 'AND' : 'WHERE'} ${quoteName(cursor)} IS NOT NULL`
        const [row] = await textRows(
          connection,
          `SELECT ${texts.join(', ')} FROM ${rows} ${where} ORDER BY ${order.join(', ')} LIMIT 1`,
        )
        return row ? { cursor: row[0] ?? '', keys: row.slice(1).map((value) => value ?? '') } : null
      }),

    countNullCursors: (relation, cursor) =>
      pool.use(async (connection) => {
        const { from } = await open(connection, relation)
        return await scalarCount(connection, `SELECT count(*)::VARCHAR FROM ${from} WHERE ${quoteName(cursor)} IS NULL`)
      }),

    count: (relation, signal) =>
      pool.use(async (connection) => {
        const { rows } = await open(connection, relation)
        return await scalarCount(connection, `SELECT count(*)::VARCHAR FROM ${rows}`)
      }, signal),

    contentHash: (relation, columns, signal): Promise<ContentHash> =>
      pool.use(async (connection) => {
        const native = await open(connection, relation)
        return await hashRows(connection, projection(columns, native.columns), native.rows)
      }, signal),

    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]()
      await options.onDispose?.()
    },
  }
}

async function* read(
  request: ReadRequest,
  pool: ConnectionPool,
  open: (
    connection: DuckDBConnection,
    relation: Relation,
  ) => Promise<{ columns: NativeColumn[]; from: string; rows: string }>,
): AsyncGenerator<Piece> {
  const { relation, columns, signal, ledger } = request
  await using lease = await pool.lease(signal)
  const { connection } = lease
  const native = await open(connection, relation)
  await countCutDigits(connection, columns, native, ledger)
  const texts = projection(columns, native.columns)
  const query = `SELECT ${texts.map((text, index) => `${text} AS c${index}`).join(', ')} FROM ${native.rows}`
  yield* encodeCsv(csvRows(streamCsv(connection, query, signal), columns.length), request)
}

/** Timestamps with nanoseconds travel with microseconds: what is cut is counted. */
async function countCutDigits(
  connection: DuckDBConnection,
  columns: readonly Column[],
  native: { columns: readonly NativeColumn[]; rows: string },
  ledger: ReadRequest['ledger'],
): Promise<void> {
  const wanted = new Set(columns.map((column) => column.name))
  const fine = native.columns.filter(({ name, type }) => wanted.has(name) && (type.typeId === 22 || type.typeId === 39))
  if (fine.length === 0) return
  const cut = fine.map(({ name, type }) => {
    const value = quoteName(name)
    const coarse = type.typeId === 22 ? 'TIMESTAMP' : 'TIME'
    return `(count(*) FILTER (CAST(CAST(${value} AS ${coarse}) AS ${type.toString()}) <> ${value}))::VARCHAR`
  })
  const [counts] = await textRows(connection, `SELECT ${cut.join(', ')} FROM ${native.rows}`)
  fine.forEach(({ name }, index) => {
    const count = Number(counts?.[index] ?? 0)
    if (count > 0) ledger.record(name, 'nanoseconds', 'altered', count)
  })
}

function projection(columns: readonly Column[], native: readonly NativeColumn[]): string[] {
  return columns.map(({ name }) => {
    const column = native.find((candidate) => candidate.name === name)
    // A column that went away since the plan makes DuckDB name it in its error.
    return column ? canonicalText(column.type, quoteName(name)) : quoteName(name)
  })
}
