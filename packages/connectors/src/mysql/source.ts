import { type Column, createRowHasher, LossLedger, type Piece, type RowBlock, type WireFormat } from '@millrace/formats'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { OpenOptions } from '../kit/connector.ts'
import { describeOnce } from '../kit/describe-once.ts'
import { createRowEncoder } from '../kit/encode-csv.ts'
import type { Chunk, CursorMark, Relation, Source } from '../kit/source.ts'
import { createCanonicalizer } from './canonical-block.ts'
import { describe, listTables, type MysqlSchema } from './catalog.ts'
import { chunkConditions, planKeyRanges, unchangedSince } from './chunks.ts'
import { columnNamed, rangeCondition, readExpression, selectSql, whereOf } from './relation-sql.ts'
import type { Session } from './session.ts'
import { openSnapshot, readPosition, type SnapshotPosition, sameServer } from './snapshot.ts'
import { quoteName } from './sql-text.ts'
import { guarded, readRows } from './statement.ts'

const wholeRelation: readonly Chunk[] = [{ id: '0000', bounds: null }]
const wireFormats: readonly WireFormat[] = ['csv', 'ndjson', 'parquet']

export async function openMysqlSource(config: ConfigValues, options: OpenOptions = {}): Promise<Source> {
  const parallel = Math.max(1, options.parallel ?? 1)
  const own = config.database ? String(config.database) : undefined
  const { sessions, kill, position, ...snapshot } = await openSnapshot(config, parallel, options.signal)
  const look = describeOnce((relation) => sessions.use((session) => describe(session, relation, own)))

  async function* blocks(
    relation: Relation,
    columns: readonly Column[],
    chunk: Chunk | undefined,
    ledger: LossLedger,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<RowBlock> {
    const schema = await look(relation)
    const range = rangeCondition(schema.columns, relation.range)
    const conditions = [...(chunk ? chunkConditions(chunk, schema.columns) : []), ...(range === null ? [] : [range])]
    const read = columns.map((column) => columnNamed(schema.columns, column.name))
    const canonical = createCanonicalizer(
      read.map(({ name, type, sourceType }) => ({ name, type, declaration: sourceType })),
      ledger,
    )
    const session = await sessions.acquire(signal)
    try {
      const sql = selectSql(schema, relation, read, conditions)
      for await (const block of readRows(session, sql, kill, signal)) yield canonical(block)
    } finally {
      sessions.release(session, !session.alive)
    }
  }

  const ask = async (
    relation: Relation,
    build: (schema: MysqlSchema, where: string) => string,
    signal?: AbortSignal,
  ): Promise<string | null> => {
    const schema = await look(relation)
    const range = rangeCondition(schema.columns, relation.range)
    const sql = build(schema, whereOf(range === null ? [] : [range]))
    const rows = await sessions.use((session) => guarded(session, kill, signal, () => session.select(sql)), signal)
    return Object.values(rows[0] ?? {})[0] ?? null
  }

  async function hashOf(relation: Relation, columns: readonly Column[], signal?: AbortSignal) {
    const hasher = createRowHasher(columns)
    for await (const block of blocks(relation, columns, undefined, new LossLedger(), signal)) hasher.update(block)
    return hasher.digest()
  }

  return {
    dialect: 'mysql',
    position: { ...position },
    listTables: (patterns) => sessions.use((session) => listTables(session, own, patterns)),
    async describe(relation) {
      const { columns, primaryKey, estimatedRows, estimatedBytes } = await look(relation)
      return { columns, primaryKey, estimatedRows, estimatedBytes }
    },
    async planChunks(relation, _schema, { parallel: wanted }) {
      const schema = await look(relation)
      if (schema.table === null || schema.table.view || relation.range) return [...wholeRelation]
      const chunks = await sessions.use((session) => planKeyRanges(session, schema, Math.max(1, wanted)))
      return chunks.length > 1 ? chunks : [...wholeRelation]
    },
    async reusable(relation, chunks, earlier) {
      if (relation.kind === 'query' || relation.range) return []
      const schema = await look(relation)
      const same = await sessions.use((session) => sameRows(session, schema, position, earlier))
      return same ? chunks.map((chunk) => chunk.id) : []
    },
    formats: () => wireFormats,
    async *read(request): AsyncGenerator<Piece, void, undefined> {
      const { relation, columns, chunk, ledger, signal } = request
      const { columns: described } = await look(relation)
      const native = columns.map((column) => columnNamed(described, column.name))
      const encoder = createRowEncoder({ ...request, native })
      for await (const block of blocks(relation, columns, chunk, ledger, signal)) {
        request.onRows?.(block.rowCount)
        yield* await encoder.encode(block)
      }
      yield* await encoder.finish()
    },
    async cursorMark(relation, cursor, keys): Promise<CursorMark | null> {
      const schema = await look(relation)
      const columns = [cursor, ...keys].map((name) => columnNamed(schema.columns, name))
      const range = rangeCondition(schema.columns, relation.range)
      const where = whereOf([...(range === null ? [] : [range]), `${quoteName(cursor)} IS NOT NULL`])
      const order = columns.map((column) => `${quoteName(column.name)} DESC`)
      const sql = `SELECT ${columns.map(readExpression).join(', ')} FROM ${schema.from}${where} ORDER BY ${order.join(', ')} LIMIT 1`
      const canonical = createCanonicalizer(
        columns.map(({ name, type, sourceType }) => ({ name, type, declaration: sourceType })),
      )
      return await sessions.use(async (session) => {
        let mark: CursorMark | null = null
        for await (const block of readRows(session, sql, kill)) {
          const [value, ...rest] = cellsOf(canonical(block))
          mark = { cursor: value ?? '', keys: rest }
        }
        return mark
      })
    },
    async countNullCursors(relation, cursor) {
      // A range leaves NULLs out by itself, so it is not applied.
      const { range: _range, ...whole } = relation
      const count = await ask(whole as Relation, (schema) => {
        const name = quoteName(columnNamed(schema.columns, cursor).name)
        return `SELECT COUNT(*) FROM ${schema.from} WHERE ${name} IS NULL`
      })
      return Number(count)
    },
    async count(relation, signal) {
      return Number(await ask(relation, (schema, where) => `SELECT COUNT(*) FROM ${schema.from}${where}`, signal))
    },
    contentHash: hashOf,
    [Symbol.asyncDispose]: () => snapshot[Symbol.asyncDispose](),
  }
}

/** The first row's cells as text; a key is never NULL. */
function cellsOf({ data, starts, lengths, columnCount }: RowBlock): string[] {
  return Array.from({ length: columnCount }, (_, cell) => {
    const start = starts[cell] as number
    return data.toString('utf8', start, start + Math.max(0, lengths[cell] as number))
  })
}

/** Whether an earlier snapshot saw the same rows of a table. When in doubt, it did not. */
async function sameRows(
  session: Session,
  schema: MysqlSchema,
  now: SnapshotPosition,
  earlier: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const { server, binlog, takenAt } = earlier as Partial<SnapshotPosition>
  if (typeof server !== 'string' || typeof takenAt !== 'string') return false
  // The log has not moved since before the earlier snapshot: nobody has changed anything.
  const { binlog: current } = await readPosition(session)
  const [place] = now.server.split(' since ')
  if (typeof binlog === 'string' && binlog === current && server.startsWith(`${place} since `)) return true
  return sameServer(server, now.server) && (await unchangedSince(session, schema, takenAt))
}
