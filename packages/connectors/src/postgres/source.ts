import { addContentHashes, type Column, contentHash, type Piece, type WireFormat } from '@millrace/formats'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { OpenOptions } from '../kit/connector.ts'
import { describeOnce } from '../kit/describe-once.ts'
import type { Chunk, CursorMark, Relation, Source } from '../kit/source.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { canonicalTextExpression, contentHashQuery } from './canonical-text.ts'
import {
  describeQuery,
  describeTable,
  findTable,
  listTables,
  type PgSchema,
  type PgTable,
  queryAsTable,
} from './catalog.ts'
import { chunkRows } from './chunk-rows.ts'
import { planPageRanges, reusableRanges, toChunks } from './chunks.ts'
import { quoteTable } from './identifiers.ts'
import { type RowsSql, readRows } from './read.ts'
import { columnNamed, rangeCondition } from './relation-sql.ts'
import type { Session } from './session.ts'
import { openSnapshot } from './snapshot.ts'
import type { PgColumn } from './types.ts'

interface Described {
  readonly table: PgTable | null
  readonly schema: PgSchema
  /** What stands behind FROM. */
  readonly from: string
}

export async function openPostgresSource(config: ConfigValues, options: OpenOptions = {}): Promise<Source> {
  const parallel = Math.max(1, options.parallel ?? 1)
  const snapshot = await openSnapshot(config, parallel, options.signal)
  const { sessions } = snapshot
  const look = describeOnce((relation) => sessions.use((session) => describeRelation(session, relation)))

  /** FROM and WHERE of a chunk, or of the whole relation. */
  async function rowsOf(
    relation: Relation,
    chunk?: Chunk,
  ): Promise<RowsSql & { readonly columns: readonly PgColumn[] }> {
    const { table, schema, from } = await look(relation)
    const { columns } = schema
    if (chunk && chunk.bounds !== null && table) {
      const rows = await sessions.use((session) => chunkRows(snapshot, session, table, columns, chunk))
      return { ...rows, columns }
    }
    const condition = rangeCondition(columns, relation.range)
    return { from, conditions: condition === null ? [] : [condition], columns }
  }

  const first = async (
    relation: Relation,
    build: (rows: RowsSql, columns: readonly PgColumn[]) => string,
    signal?: AbortSignal,
  ) => {
    const rows = await rowsOf(relation)
    const sql = build(rows, rows.columns)
    const result = await sessions.use((session) => session.query(sql, [], signal), signal)
    return result.rows[0]
  }

  return {
    dialect: 'postgres',
    position: snapshot.position,
    listTables: (patterns) => sessions.use((session) => listTables(session, patterns)),
    async describe(relation) {
      const { schema } = await look(relation)
      // Only what the contract says: columns are written into manifests and files.
      const columns = schema.columns.map(({ name, type, nullable, sourceType }) => ({
        name,
        type,
        nullable,
        sourceType,
      }))
      return { ...schema, columns }
    },
    async planChunks(relation, _schema, { parallel: wanted }) {
      const whole = [{ id: '0000', bounds: null }]
      const { table } = await look(relation)
      if (!table || relation.range) return whole
      const ranges = await sessions.use((session) => planPageRanges(snapshot, session, table, Math.max(1, wanted)))
      return ranges === null || ranges.length === 0 ? whole : toChunks(ranges)
    },
    async reusable(relation, chunks, position) {
      return relation.kind === 'query' || relation.range ? [] : await reusableRanges(snapshot, chunks, position)
    },
    formats: sourceFormats,
    async *read(request): AsyncGenerator<Piece, void, undefined> {
      const rows = await rowsOf(request.relation, request.chunk)
      const session = await sessions.acquire(request.signal)
      let broken = true
      try {
        yield* readRows(session, rows.columns, rows, request)
        broken = false
      } finally {
        sessions.release(session, broken)
      }
    },
    async cursorMark(relation, cursor, keys): Promise<CursorMark | null> {
      const row = await first(relation, (rows, columns) => {
        const parts = [cursor, ...keys].map((name) => columnNamed(columns, name))
        // Named apart from the columns, since ORDER BY would sort by the texts.
        const texts = parts.map((column, index) => `${sourceText(column)} as "text ${index}"`)
        const order = parts.map((column) => `${quoteName(column.name)} desc`)
        const where = [...rows.conditions, `${quoteName(cursor)} is not null`]
        return `select ${texts.join(', ')} from ${rows.from} where ${where.join(' and ')} order by ${order.join(', ')} limit 1`
      })
      return row ? { cursor: row[0] ?? '', keys: row.slice(1).map((key) => key ?? '') } : null
    },
    async countNullCursors(relation, cursor) {
      // A range leaves NULLs out by itself, so it is not applied.
      const { range: _range, ...whole } = relation
      const row = await first(
        whole as Relation,
        (rows, columns) =>
          `select count(*) from ${rows.from} where ${quoteName(columnNamed(columns, cursor).name)} is null`,
      )
      return Number(row?.[0])
    },
    async count(relation, signal) {
      const row = await first(relation, (rows) => `select count(*) from ${rows.from}${whereOf(rows)}`, signal)
      return Number(row?.[0])
    },
    async contentHash(relation, columns, signal) {
      const { table } = await look(relation)
      const ranges =
        table && !relation.range && parallel > 1
          ? await sessions.use((session) => planPageRanges(snapshot, session, table, parallel), signal)
          : null
      const chunks = ranges === null || ranges.length === 0 ? [undefined] : toChunks(ranges)
      const parts = await Promise.all(
        chunks.map(async (chunk) => {
          const rows = await rowsOf(relation, chunk)
          const texts = columns.map((column) => sourceText(columnNamed(rows.columns, column.name)))
          const from = `(select * from ${rows.from}${whereOf(rows)}) as "r"`
          const sql = contentHashQuery(from, texts, snapshot.serverEncoding)
          const result = await sessions.use((session) => session.query(sql, [], signal), signal)
          const [count, high, low] = result.rows[0] ?? []
          return contentHash(Number(count), BigInt(high ?? 0), BigInt(low ?? 0))
        }),
      )
      return addContentHashes(parts)
    },
    [Symbol.asyncDispose]: () => snapshot[Symbol.asyncDispose](),
  }
}

async function describeRelation(session: Session, relation: Relation): Promise<Described> {
  if (relation.kind === 'query') {
    return { table: null, schema: await describeQuery(session, relation.sql), from: queryAsTable(relation.sql) }
  }
  const table = await findTable(session, relation.table)
  return { table, schema: await describeTable(session, table), from: quoteTable(table.schema, table.name) }
}

const whereOf = (rows: RowsSql) => (rows.conditions.length > 0 ? ` where ${rows.conditions.join(' and ')}` : '')

/** The text that our CSV holds, whatever the column was planned as. */
function sourceText(column: PgColumn): string {
  const { base } = column
  // A domain over money is declared by its own name.
  const money = base.name === 'money' ? 'money' : base.element?.name === 'money' ? 'money[]' : null
  const declared = money === null ? column : { ...column, sourceType: money }
  return canonicalTextExpression(declared, quoteName(column.name))
}

/** COPY's binary form of money is a count of the locale's smallest coin, and some types have none. */
const withoutBinary = /^(money|aclitem|gtsvector|pg_node_tree)(\[\])?$/

function sourceFormats(columns: readonly Column[]): readonly WireFormat[] {
  const binary = columns.every((column) => !withoutBinary.test(column.sourceType))
  return binary ? ['copy-binary', 'copy-text', 'csv', 'ndjson', 'parquet'] : ['copy-text', 'csv', 'ndjson', 'parquet']
}
