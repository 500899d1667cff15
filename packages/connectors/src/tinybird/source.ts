import { ConfigError } from '@millrace/core'
import type { WireFormat } from '@millrace/formats'
import type { TinybirdClient } from '@millrace/tinybird'
import { clickhouseColumn, quoteClickhouseName } from '../kit/clickhouse-type.ts'
import { describeOnce } from '../kit/describe-once.ts'
import { encodeCsv } from '../kit/encode-csv.ts'
import { selectTables } from '../kit/select-tables.ts'
import type { CursorRange, Relation, RelationSchema, Source } from '../kit/source.ts'
import { columnNamed, findDataSource, type StoredColumn, storedColumns } from './columns.ts'
import { countOf, hashOf } from './data-queries.ts'
import { csvOfCells, readCells } from './read-cells.ts'

/**
 * Reads data sources and queries through the Query API. An answer is one query of at most 100 MB and 10
 * seconds by Tinybird's limits, and comes as a whole: this is for results and small tables, not for large ones.
 * There is no snapshot; each query sees one state.
 */
export function openTinybirdSource(client: TinybirdClient, opening?: AbortSignal): Source {
  const stored = describeOnce((relation) => describeStored(client, relation))
  const describe = async (relation: Relation): Promise<RelationSchema> => ({
    columns: (await stored(relation)).map(clickhouseColumn),
    primaryKey: [],
    estimatedRows:
      relation.kind === 'table' ? ((await client.dataSource(relation.table.name, opening))?.rows ?? null) : null,
    estimatedBytes: null,
  })
  const rowsOf = async (relation: Relation) => {
    const columns = await stored(relation)
    return { columns, from: fromOf(relation, columns) }
  }

  return {
    dialect: 'tinybird',
    position: {},
    async listTables(patterns) {
      const tables = (await client.dataSources(opening)).map(({ name }) => ({ scope: [], name }))
      return selectTables(
        tables.sort((a, b) => (a.name < b.name ? -1 : 1)),
        patterns,
      )
    },
    describe,
    planChunks: async () => [{ id: '0000', bounds: null }],
    reusable: async () => [],
    formats: (): readonly WireFormat[] => ['csv', 'ndjson', 'parquet'],

    async *read(request) {
      const { columns, relation, signal } = request
      const { columns: own, from } = await rowsOf(relation)
      const native = columns.map(
        (column) => own.map(clickhouseColumn).find(({ name }) => name === column.name) ?? column,
      )
      yield* encodeCsv(csvOfCells(await readCells(client, from, native, own, signal), native), { ...request, native })
    },

    async cursorMark(relation, cursor, keys) {
      const { columns, from } = await rowsOf(relation)
      const names = [cursor, ...keys]
      const types = names.map((name) => clickhouseColumn(columnNamed(columns, name)))
      const order = names.map((name) => `${quoteClickhouseName(name)} DESC`).join(', ')
      const where = `WHERE ${quoteClickhouseName(cursor)} IS NOT NULL`
      const greatest = `(SELECT * FROM ${from} ${where} ORDER BY ${order} LIMIT 1)`
      const [row] = await readCells(client, greatest, types, columns)
      if (!row) return null
      return { cursor: row[0] ?? '', keys: row.slice(1).map((key) => key ?? '') }
    },

    async countNullCursors(relation, cursor) {
      const { columns, from } = await rowsOf(withoutRange(relation))
      columnNamed(columns, cursor)
      return await countOf(client, `(SELECT 1 FROM ${from} WHERE ${quoteClickhouseName(cursor)} IS NULL)`)
    },

    count: async (relation, signal) => await countOf(client, (await rowsOf(relation)).from, signal),

    async contentHash(relation, columns, signal) {
      const { columns: own, from } = await rowsOf(relation)
      return await hashOf(client, from, columns, own, signal)
    },

    async [Symbol.asyncDispose]() {},
  }
}

function withoutRange(relation: Relation): Relation {
  return relation.kind === 'table' ? { kind: 'table', table: relation.table } : { kind: 'query', sql: relation.sql }
}

export async function describeStored(client: TinybirdClient, relation: Relation): Promise<StoredColumn[]> {
  if (relation.kind === 'table') return storedColumns(await findDataSource(client, relation.table.name))
  const { meta } = await client.query(`SELECT * FROM ${sourceOf(relation)} LIMIT 0`)
  const columns = meta.map(({ name, type }) => ({ name, type }))
  if (new Set(columns.map(({ name }) => name)).size < columns.length) {
    throw new ConfigError('DUPLICATE_COLUMN', {
      message: 'The query has two columns of the same name. Give one of them another name with AS.',
    })
  }
  return columns
}

export function sourceOf(relation: Relation): string {
  return relation.kind === 'table'
    ? quoteClickhouseName(relation.table.name)
    : `(${relation.sql.replace(/[\s;]+$/, '')}\n)`
}

function fromOf(relation: Relation, columns: readonly StoredColumn[]): string {
  const from = sourceOf(relation)
  return relation.range ? `(SELECT * FROM ${from} WHERE ${rangePredicate(relation.range, columns)})` : from
}

function rangePredicate({ cursor, keys, after, lookback }: CursorRange, columns: readonly StoredColumn[]): string {
  const value = (name: string, mark: string) => {
    const { type } = columnNamed(columns, name)
    const bare = type.replace(/^Nullable\((.*)\)$/, '$1')
    return `CAST('${mark.replace(/\+00$/, '').replaceAll('\\', '\\\\').replaceAll("'", "\\'")}' AS ${bare})`
  }
  const name = quoteClickhouseName(cursor)
  const mark = value(cursor, after.cursor)
  if (lookback !== undefined) {
    const { kind } = clickhouseColumn(columnNamed(columns, cursor)).type
    if (kind === 'timestamp' || kind === 'date') return `${name} >= ${mark} - toIntervalSecond(${lookback})`
    return `${name} >= ${mark} - ${lookback}`
  }
  if (keys.length === 0) return `${name} > ${mark}`
  const names = [cursor, ...keys].map(quoteClickhouseName).join(', ')
  const marks = [mark, ...keys.map((key, index) => value(key, after.keys[index] ?? ''))].join(', ')
  return `tuple(${names}) > tuple(${marks})`
}
