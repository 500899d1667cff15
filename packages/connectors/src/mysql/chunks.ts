import type { Column } from '@millrace/formats'
import type { Chunk } from '../kit/source.ts'
import type { MysqlSchema } from './catalog.ts'
import { columnNamed, valueLiteral, whereOf } from './relation-sql.ts'
import type { Session } from './session.ts'
import { literal, quoteName } from './sql-text.ts'

/** Rows whose key is above `after` and at most `upTo`, in canonical text; null is without end. */
interface KeyRange {
  readonly key: string
  readonly after: string | null
  readonly upTo: string | null
}

const largeChunkBytes = 256 << 20
const smallChunkBytes = 8 << 20

/** How many parts a table of this size is best read in: enough for all connections to end together, none too small to matter. */
function partsOf(bytes: number, parallel: number): number {
  const wanted = Math.max(parallel > 1 ? parallel * 4 : 1, Math.ceil(bytes / largeChunkBytes))
  return Math.max(1, Math.min(wanted, Math.floor(bytes / smallChunkBytes)))
}

/**
 * Ranges of the primary key's first column, found through the index: between the smallest and the
 * greatest integer by what the optimizer estimates for a range, for other keys by stepping from
 * boundary to boundary. Empty when the table is to be read in one part.
 */
export async function planKeyRanges(session: Session, schema: MysqlSchema, parallel: number): Promise<Chunk[]> {
  const [first] = schema.primaryKey
  const parts = partsOf(schema.estimatedBytes ?? 0, parallel)
  if (first === undefined || schema.table === null || parts < 2) return []
  const column = columnNamed(schema.columns, first)
  const boundaries =
    column.type.kind === 'integer'
      ? await integerBoundaries(session, schema, column, parts)
      : await steppedBoundaries(session, schema, column, parts)
  if (boundaries.length === 0) return []
  const edges = [null, ...boundaries, null]
  return edges.slice(1).map((upTo, index) => ({
    id: String(index).padStart(4, '0'),
    bounds: { key: column.name, after: edges[index] ?? null, upTo },
  }))
}

/** Conditions of a chunk; none for a whole relation. */
export function chunkConditions(chunk: Chunk, columns: readonly Column[]): string[] {
  if (chunk.bounds === null) return []
  const { key, after, upTo } = chunk.bounds as unknown as KeyRange
  const column = columnNamed(columns, key)
  const name = quoteName(key)
  return [
    ...(after === null ? [] : [`${name} > ${valueLiteral(column, after)}`]),
    ...(upTo === null ? [] : [`${name} <= ${valueLiteral(column, upTo)}`]),
  ]
}

/** Splits where rows are dense: the optimizer's estimate of a range is a dive into the index, not a scan. */
async function integerBoundaries(
  session: Session,
  schema: MysqlSchema,
  column: Column,
  parts: number,
): Promise<string[]> {
  const name = quoteName(column.name)
  const [ends] = await session.select(`SELECT MIN(${name}) AS low, MAX(${name}) AS high FROM ${schema.from}`)
  if (ends?.low == null || ends.high == null) return []
  const low = BigInt(ends.low)
  const high = BigInt(ends.high)
  const total = await estimate(session, schema, name, low - 1n, high)
  const target = Math.max(1, total / parts)
  const pieces: { readonly upTo: bigint; readonly rows: number }[] = []
  let asked = 0
  const split = async (after: bigint, upTo: bigint, rows: number): Promise<void> => {
    if (rows <= target * 0.75 || upTo - after < 2n || asked > parts * 12) {
      pieces.push({ upTo, rows })
      return
    }
    const middle = after + (upTo - after) / 2n
    asked += 2
    await split(after, middle, await estimate(session, schema, name, after, middle))
    await split(middle, upTo, await estimate(session, schema, name, middle, upTo))
  }
  await split(low - 1n, high, total)
  const boundaries: string[] = []
  let gathered = 0
  for (const piece of pieces.slice(0, -1)) {
    gathered += piece.rows
    if (gathered < target * 0.75) continue
    boundaries.push(String(piece.upTo))
    gathered = 0
  }
  return boundaries
}

async function estimate(
  session: Session,
  schema: MysqlSchema,
  name: string,
  after: bigint,
  upTo: bigint,
): Promise<number> {
  const rows = await session.select(
    `EXPLAIN SELECT ${name} FROM ${schema.from} FORCE INDEX (PRIMARY) WHERE ${name} > ${after} AND ${name} <= ${upTo}`,
  )
  return Number(rows[0]?.rows ?? 0)
}

/** Every boundary is the key some rows after the last one, read from the index alone. */
async function steppedBoundaries(
  session: Session,
  schema: MysqlSchema,
  column: Column,
  parts: number,
): Promise<string[]> {
  const step = Math.ceil((schema.estimatedRows ?? 0) / parts)
  if (step < 1) return []
  const name = quoteName(column.name)
  const shown = column.type.kind === 'binary' ? `CONCAT('\\\\x', LOWER(HEX(${name})))` : `CONCAT(${name})`
  const boundaries: string[] = []
  for (let last: string | null = null; boundaries.length < parts * 2; ) {
    const conditions: string[] = last === null ? [] : [`${name} > ${valueLiteral(column, last)}`]
    const rows = await session.select(
      `SELECT ${shown} AS boundary FROM ${schema.from}${whereOf(conditions)} ORDER BY ${name} LIMIT 1 OFFSET ${step - 1}`,
    )
    const boundary: string | null | undefined = rows[0]?.boundary
    if (boundary == null || boundary === last) break
    boundaries.push(boundary)
    last = boundary
  }
  // The last step may have met the end: nothing would be behind it.
  return boundaries
}

/**
 * Whether a table has not changed since a moment by the server's clock. The server forgets the time of
 * the last change with a restart and when it closes a table; then nothing is known.
 */
export async function unchangedSince(session: Session, schema: MysqlSchema, takenAt: string): Promise<boolean> {
  if (schema.table === null || schema.table.view) return false
  const { database, name } = schema.table
  const [row] = await session.select(
    `SELECT update_time IS NOT NULL AND update_time < DATE_SUB(${literal(takenAt)}, INTERVAL 2 SECOND)
            AND (create_time IS NULL OR create_time < DATE_SUB(${literal(takenAt)}, INTERVAL 2 SECOND)) AS same
       FROM information_schema.tables WHERE table_schema = ${literal(database)} AND table_name = ${literal(name)}`,
  )
  return row?.same === '1'
}
