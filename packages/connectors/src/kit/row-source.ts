import { ConfigError } from '@millrace/core'
import { type Column, createRowHasher, readCsv, type WireFormat } from '@millrace/formats'
import { describeOnce } from './describe-once.ts'
import { bytesOf, encodeCsv } from './encode-csv.ts'
import type { CursorMark, CursorRange, Relation, RelationSchema, Source, TableRef } from './source.ts'
import { csvOfRows, type TextRow } from './text-cells.ts'

/** How a dialect writes what a source asks for. */
export interface RowDialect {
  quote(name: string): string
  /** How a column is read where its name alone would not give all of its value. */
  read?(column: Column): string
  /** A constant that compares with the column as its own values do; the text is canonical. */
  literal(column: Column, text: string): string
  /** A constant that lies `amount` before another: seconds for times, units for numbers. Null where that means nothing. */
  earlier(column: Column, literal: string, amount: number): string | null
}

export interface RowRelation extends RelationSchema {
  /** What stands behind FROM, with an alias where the dialect wants one. */
  readonly from: string
}

/** What a system has to bring whose rows come as the results of SELECT statements. */
export interface RowReader {
  readonly dialect: string
  readonly position: Readonly<Record<string, unknown>>
  readonly sql: RowDialect
  listTables(patterns: readonly string[]): Promise<TableRef[]>
  describe(relation: Relation): Promise<RowRelation>
  /** The rows of one SELECT in batches, as canonical text of the columns. */
  rows(sql: string, columns: readonly Column[], signal?: AbortSignal): AsyncIterable<readonly TextRow[]>
  /** The number of rows of a SELECT where the system knows it without counting anew. */
  countRows?(sql: string, columns: readonly Column[], signal?: AbortSignal): Promise<number>
  close(): Promise<void>
}

const wireFormats: readonly WireFormat[] = ['csv', 'ndjson', 'parquet']
const integer: Column = {
  name: 'n',
  type: { kind: 'integer', bits: 64, unsigned: false },
  nullable: false,
  sourceType: 'bigint',
}

/** A source that reads each relation by one SELECT, in one chunk, and cannot tell what changed since an earlier read. */
export function createRowSource(reader: RowReader): Source {
  const { sql: dialect } = reader
  const look = describeOnce((relation) => reader.describe(relation))

  const select = (list: readonly string[], from: string, conditions: readonly string[]) => {
    const where =
      conditions.length === 0 ? '' : ` WHERE ${conditions.map((condition) => `(${condition})`).join(' AND ')}`
    return `SELECT ${list.join(', ')} FROM ${from}${where}`
  }

  const expression = (column: Column) => dialect.read?.(column) ?? dialect.quote(column.name)

  /** The statement that reads columns of a relation, with these columns as the source knows them. */
  async function reading(relation: Relation, columns: readonly Column[]) {
    const { columns: described, from } = await look(relation)
    const native = columns.map(({ name }) => columnNamed(described, name))
    const names = native.map(expression)
    return { native, sql: select(names, from, conditionsOf(described, relation.range, dialect)) }
  }

  async function one(sql: string, columns: readonly Column[], signal?: AbortSignal): Promise<TextRow | null> {
    for await (const batch of reader.rows(sql, columns, signal)) if (batch[0] !== undefined) return batch[0]
    return null
  }

  async function countOf(from: string, conditions: readonly string[], signal?: AbortSignal): Promise<number> {
    const row = await one(select(['COUNT(*) AS n'], from, conditions), [integer], signal)
    return Number(row?.[0])
  }

  return {
    dialect: reader.dialect,
    position: reader.position,
    listTables: (patterns) => reader.listTables(patterns),
    async describe(relation) {
      const { columns, primaryKey, estimatedRows, estimatedBytes } = await look(relation)
      return { columns, primaryKey, estimatedRows, estimatedBytes }
    },
    planChunks: async () => [{ id: '0000', bounds: null }],
    reusable: async () => [],
    formats: () => wireFormats,
    async *read(request) {
      const { native, sql } = await reading(request.relation, request.columns)
      const pieces = csvOfRows(reader.rows(sql, native, request.signal))
      yield* encodeCsv(pieces, { ...request, native })
    },
    async cursorMark(relation, cursor, keys): Promise<CursorMark | null> {
      const { columns, from } = await look(relation)
      const marks = [cursor, ...keys].map((name) => columnNamed(columns, name))
      const names = marks.map(({ name }) => dialect.quote(name))
      const conditions = [...conditionsOf(columns, relation.range, dialect), `${names[0]} IS NOT NULL`]
      const order = names.map((name) => `${name} DESC`).join(', ')
      const row = await one(`${select(marks.map(expression), from, conditions)} ORDER BY ${order} LIMIT 1`, marks)
      return row ? { cursor: row[0] ?? '', keys: row.slice(1).map((key) => key ?? '') } : null
    },
    async countNullCursors(relation, cursor) {
      // A range leaves NULLs out by itself, so it is not applied.
      const { columns, from } = await look(relation)
      return await countOf(from, [`${dialect.quote(columnNamed(columns, cursor).name)} IS NULL`])
    },
    async count(relation, signal) {
      const { columns, from } = await look(relation)
      if (reader.countRows) {
        const { sql, native } = await reading(relation, columns)
        return await reader.countRows(sql, native, signal)
      }
      return await countOf(from, conditionsOf(columns, relation.range, dialect), signal)
    },
    async contentHash(relation, columns, signal) {
      const { native, sql } = await reading(relation, columns)
      const hasher = createRowHasher(native)
      const pieces = csvOfRows(reader.rows(sql, native, signal))
      for await (const block of readCsv(bytesOf(pieces), { columnCount: native.length })) hasher.update(block)
      return hasher.digest()
    },
    [Symbol.asyncDispose]: () => reader.close(),
  }
}

/** Row comparison is written out: not every dialect has it. */
function conditionsOf(columns: readonly Column[], range: CursorRange | undefined, dialect: RowDialect): string[] {
  if (!range) return []
  const { quote, literal } = dialect
  const cursor = columnNamed(columns, range.cursor)
  const name = quote(cursor.name)
  const mark = literal(cursor, range.after.cursor)
  if (range.lookback !== undefined) {
    const start = range.lookback === 0 ? mark : dialect.earlier(cursor, mark, range.lookback)
    if (start !== null) return [`${name} >= ${start}`]
    throw new ConfigError('LOOKBACK_WITHOUT_MEANING', {
      message: `A lookback goes back in time or in numbers, and the cursor "${cursor.name}" is ${cursor.sourceType}. Leave --lookback out.`,
    })
  }
  let greater = ''
  for (let index = range.keys.length - 1; index >= 0; index--) {
    const key = columnNamed(columns, range.keys[index] as string)
    const own = quote(key.name)
    const value = literal(key, range.after.keys[index] ?? '')
    greater = greater === '' ? `${own} > ${value}` : `${own} > ${value} OR (${own} = ${value} AND (${greater}))`
  }
  return [greater === '' ? `${name} > ${mark}` : `${name} > ${mark} OR (${name} = ${mark} AND (${greater}))`]
}

export function columnNamed(columns: readonly Column[], name: string): Column {
  const column = columns.find((candidate) => candidate.name === name)
  if (column) return column
  throw new ConfigError('COLUMN_NOT_FOUND', {
    message: `There is no column "${name}". The columns are ${columns.map((each) => each.name).join(', ')}.`,
    details: { column: name },
  })
}

/** @throws ConfigError `DUPLICATE_COLUMN` */
export function refuseDuplicateColumns(columns: readonly Column[]): void {
  const names = new Set<string>()
  for (const { name } of columns) {
    if (names.has(name)) {
      throw new ConfigError('DUPLICATE_COLUMN', {
        message: `The query has two columns named "${name}". Give each column a name of its own with AS.`,
        details: { column: name },
      })
    }
    names.add(name)
  }
}

/** A query as it can stand in a statement: the line break keeps a comment at its end from swallowing what follows. */
export function trimQuery(sql: string): string {
  return `${sql.replace(/[\s;]+$/, '')}\n`
}
