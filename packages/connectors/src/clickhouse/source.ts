import type { Column, LossLedger, Piece, WireFormat } from '@millrace/formats'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { OpenOptions } from '../kit/connector.ts'
import { describeOnce } from '../kit/describe-once.ts'
import { createRowEncoder } from '../kit/encode-csv.ts'
import type { CursorMark, Relation, Source } from '../kit/source.ts'
import { cursorText } from './canonical-text.ts'
import { columnOf, type DescribedRelation, describe, listTables } from './catalog.ts'
import { hashRows, readBlocks, type TextSelection } from './read-blocks.ts'
import { readRows } from './read-table.ts'
import { columnNamed, rowsOf, textsOf } from './relation-sql.ts'
import { openSession, type Session } from './session.ts'
import { quoteName } from './sql-text.ts'
import { fractionDigits } from './types.ts'

const wireFormats: readonly WireFormat[] = ['csv', 'ndjson', 'parquet', 'copy-text']

/**
 * ClickHouse has no snapshot over several statements, but one SELECT reads the parts that its tables have
 * when it begins. So a relation is one chunk, read by one SELECT. A count or a hash that is taken beside
 * it belongs to a moment of its own: what others write in between makes the proof of a copy fail, and nothing is published.
 */
export async function openClickhouseSource(config: ConfigValues, { signal }: OpenOptions = {}): Promise<Source> {
  const session = await openSession(config, signal)
  const own = String(config.database ?? 'default')
  const look = describeOnce((relation) => describe(session, relation, own))

  const select = async (relation: Relation, columns: readonly Column[]): Promise<TextSelection> => {
    const described = await look(relation)
    const native = columns.map(({ name }) => columnNamed(described.native, name))
    return { texts: textsOf(native), columns: native.map(columnOf), from: rowsOf(relation, described) }
  }

  const ask = async (relation: Relation, conditions: readonly string[], asked?: AbortSignal): Promise<number> => {
    const sql = `SELECT count() FROM ${rowsOf(relation, await look(relation), ...conditions)}`
    const [row] = await readRows(session.http, { sql, settings: session.reading, signal: asked })
    return Number(row?.[0])
  }

  return {
    dialect: 'clickhouse',
    position: {},
    listTables: (patterns) => listTables(session, own, patterns),
    async describe(relation) {
      const { columns, primaryKey, estimatedRows, estimatedBytes } = await look(relation)
      return { columns, primaryKey, estimatedRows, estimatedBytes }
    },
    planChunks: async () => [{ id: '0000', bounds: null }],
    // Nothing tells whether a table has been written to since.
    reusable: async () => [],
    formats: () => wireFormats,

    async *read(request): AsyncGenerator<Piece, void, undefined> {
      const { relation, columns, ledger, signal: asked } = request
      await countCutDigits(session, relation, await look(relation), columns, ledger)
      const selection = await select(relation, columns)
      const encoder = createRowEncoder({ ...request, native: selection.columns })
      for await (const block of readBlocks(session, selection, asked)) {
        request.onRows?.(block.rowCount)
        yield* await encoder.encode(block)
      }
      yield* await encoder.finish()
    },

    async cursorMark(relation, cursor, keys): Promise<CursorMark | null> {
      const described = await look(relation)
      const names = [cursor, ...keys]
      const native = names.map((name) => columnNamed(described.native, name))
      const texts = native.map(({ name, type }) => cursorText(type, name))
      const order = names.map((name) => `${quoteName(name)} DESC`).join(', ')
      const from = `${rowsOf(relation, described, `${quoteName(cursor)} IS NOT NULL`)} ORDER BY ${order} LIMIT 1`
      for await (const block of readBlocks(session, { texts, columns: native.map(columnOf), from })) {
        const [value = '', ...rest] = names.map((_, cell) => {
          const start = block.starts[cell] as number
          return block.data.toString('utf8', start, start + Math.max(0, block.lengths[cell] as number))
        })
        return { cursor: value, keys: rest }
      }
      return null
    },
    countNullCursors(relation, cursor) {
      // A range leaves NULLs out by itself, so it is not applied.
      const { range: _range, ...whole } = relation
      return ask(whole as Relation, [`${quoteName(cursor)} IS NULL`])
    },
    count: (relation, asked) => ask(relation, [], asked),
    contentHash: async (relation, columns, asked) => await hashRows(session, await select(relation, columns), asked),
    [Symbol.asyncDispose]: async () => session.http.close(),
  }
}

/** Timestamps travel with microseconds: what is cut of finer ones is counted. */
async function countCutDigits(
  session: Session,
  relation: Relation,
  described: DescribedRelation,
  columns: readonly Column[],
  ledger: LossLedger,
): Promise<void> {
  const fine = columns.filter(({ name }) => fractionDigits(columnNamed(described.native, name).type) > 6)
  if (fine.length === 0) return
  const cut = fine.map(({ name }) => `countIf(toDateTime64(${quoteName(name)}, 6) != ${quoteName(name)})`)
  const sql = `SELECT ${cut.join(', ')} FROM ${rowsOf(relation, described)}`
  const [counts] = await readRows(session.http, { sql, settings: session.reading })
  fine.forEach(({ name }, index) => {
    const count = Number(counts?.[index] ?? 0)
    if (count > 0) ledger.record(name, 'nanoseconds', 'altered', count)
  })
}
