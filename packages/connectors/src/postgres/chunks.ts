import type { Chunk, FinishedChunk } from '../kit/source.ts'
import { quoteName } from '../kit/sql-quote.ts'
import type { PgTable } from './catalog.ts'
import type { Session } from './session.ts'
import type { Snapshot } from './snapshot.ts'

/** A range of pages of one table or partition. Pages `from` to before `to`, without end when `to` is null. */
export interface PageRange {
  readonly oid: number
  readonly schema: string
  readonly table: string
  /** `relfilenode`: changes whenever the table is rewritten. */
  readonly file: number
  /** Digest of the columns' types and order. */
  readonly shape: string
  readonly from: number
  readonly to: number | null
  /** A partition or child of the table that was asked for. */
  readonly isPart: boolean
}

/** The chunk behind all partitions: those that had no rows when the plan was made, or that came later. */
export interface OtherParts {
  readonly knownParts: readonly number[]
}

const megabyte = 1024 * 1024
const largestChunk = 256 * megabyte
const smallestChunk = 8 * megabyte

interface Leaf {
  readonly oid: number
  readonly schema: string
  readonly table: string
  readonly file: number
  readonly shape: string
  readonly pages: number
  readonly bytes: number
}

/**
 * Cuts a table into ranges of pages, each partition by itself, since a row's address is unique
 * within one file only. Views, foreign tables and whatever we may not read partition by partition
 * stay whole: null.
 */
export async function planPageRanges(
  snapshot: Snapshot,
  session: Session,
  table: PgTable,
  parallel: number,
): Promise<(PageRange | OtherParts)[] | null> {
  // Before version 14 a range of addresses is a scan of the whole table.
  if (snapshot.serverVersion < 140000 || !['r', 'p'].includes(table.kind)) return null
  const leaves = await splittableLeaves(session, table)
  if (leaves === null) return null
  for (const leaf of leaves) await snapshot.holdFile({ oid: leaf.oid, schema: leaf.schema, name: leaf.table })
  const total = leaves.reduce((sum, leaf) => sum + leaf.bytes, 0)
  const chunkBytes = Math.max(smallestChunk, Math.min(largestChunk, total / (4 * parallel)))
  const filled = leaves.filter((leaf) => leaf.pages > 0)
  const ranges = filled.flatMap((leaf) => {
    const { pages, bytes, ...place } = leaf
    const bounds = { ...place, isPart: leaf.oid !== table.oid }
    const count = Math.max(1, Math.min(pages, Math.round(bytes / chunkBytes)))
    return Array.from({ length: count }, (_, index) => ({
      ...bounds,
      from: Math.floor((pages * index) / count),
      // A table may have grown since its size was read; rows of the snapshot can only lie in older pages, but it costs nothing to be sure.
      to: index === count - 1 ? null : Math.floor((pages * (index + 1)) / count),
    }))
  })
  const hasParts = table.kind === 'p' || leaves.length > 1
  return hasParts ? [...ranges, { knownParts: filled.map((leaf) => leaf.oid) }] : ranges
}

export interface Part {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: string
}

/** The tables that a table's rows lie in: itself, or its partitions and children. */
export async function partsOf(session: Session, table: PgTable): Promise<Part[]> {
  const { rows } = await session.query(
    `with recursive part as (
       select $1::oid as oid
       union
       select i.inhrelid from pg_inherits i join part on i.inhparent = part.oid
     )
     select c.oid, n.nspname, c.relname, c.relkind
       from part join pg_class c using (oid) join pg_namespace n on n.oid = c.relnamespace where c.relkind <> 'p'`,
    [table.oid],
  )
  return rows.map((row) => ({ oid: Number(row[0]), schema: row[1] ?? '', name: row[2] ?? '', kind: row[3] ?? '' }))
}

async function splittableLeaves(session: Session, table: PgTable): Promise<Leaf[] | null> {
  const { rows } = await session.query(
    `with recursive leaf as (
       select $1::oid as oid
       union
       select i.inhrelid from pg_inherits i join leaf on i.inhparent = leaf.oid
     )
     select c.oid, n.nspname, c.relname, c.relfilenode, c.relkind,
            c.relkind = 'p' or (c.relfilenode <> 0 and am.amname = 'heap' and has_table_privilege(c.oid, 'select') and not row_security_active(c.oid)),
            (select md5(string_agg(format('%s %s %s', attname, atttypid, atttypmod), ',' order by attnum))
               from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
            pg_relation_size(c.oid) / current_setting('block_size')::int, pg_table_size(c.oid)
       from leaf join pg_class c using (oid) join pg_namespace n on n.oid = c.relnamespace
       left join pg_am am on am.oid = c.relam
      order by n.nspname, c.relname`,
    [table.oid],
  )
  if (rows.some((row) => row[5] !== 't')) return null
  return rows
    .filter((row) => row[4] !== 'p')
    .map((row) => ({
      oid: Number(row[0]),
      schema: row[1] ?? '',
      table: row[2] ?? '',
      file: Number(row[3]),
      shape: row[6] ?? '',
      pages: Number(row[7]),
      bytes: Number(row[8]),
    }))
}

export function toChunks(bounds: readonly (PageRange | OtherParts)[]): Chunk[] {
  return bounds.map((bound, index) => ({ id: String(index).padStart(4, '0'), bounds: { ...bound } }))
}

/** The pages of a chunk; null for a chunk that is the whole relation, or the other partitions. */
export function pageRange(chunk: Chunk): PageRange | null {
  return chunk.bounds !== null && 'from' in chunk.bounds ? (chunk.bounds as unknown as PageRange) : null
}

export function otherParts(chunk: Chunk): OtherParts | null {
  return chunk.bounds !== null && 'knownParts' in chunk.bounds ? (chunk.bounds as unknown as OtherParts) : null
}

/** `from` and `where` of a range. ONLY, because each partition has chunks of its own. */
export function rangeSource(range: PageRange): { readonly from: string; readonly condition: string } {
  const conditions = [`ctid >= '(${Math.trunc(range.from)},0)'::tid`]
  if (range.to !== null) conditions.push(`ctid < '(${Math.trunc(range.to)},0)'::tid`)
  return {
    from: `only ${quoteName(range.schema)}.${quoteName(range.table)}`,
    condition: conditions.join(' and '),
  }
}

/**
 * A finished chunk still holds exactly the rows it was read with when the file and the columns are
 * the same, every row in its range that we see now was there for the old snapshot, and there are as
 * many as were read: then none was added, changed or removed.
 *
 * "Was there" is decided strictly: the inserting transaction is older than every transaction that
 * ran at the old snapshot. (Subtransactions are not listed in a snapshot, so a finer test could take
 * a row of a transaction that still ran for an old one.) A row's 32-bit transaction id is completed
 * with the present epoch; for long frozen rows that may give too high a number, never too low.
 */
export async function reusableRanges(
  snapshot: Snapshot,
  chunks: readonly (Chunk & FinishedChunk)[],
  position: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const old = position.snapshot
  const same = ['system', 'database'].every((name) => position[name] === snapshot.position[name])
  if (typeof old !== 'string' || !same || snapshot.position.system === null || snapshot.serverVersion < 140000)
    return []
  const reusable = await Promise.all(
    chunks.map((chunk) => snapshot.sessions.use((session) => isReusable(snapshot, session, chunk, old))),
  )
  return chunks.filter((_, index) => reusable[index]).map((chunk) => chunk.id)
}

async function isReusable(
  snapshot: Snapshot,
  session: Session,
  chunk: Chunk & FinishedChunk,
  oldSnapshot: string,
): Promise<boolean> {
  const range = pageRange(chunk)
  if (!range) return false
  const table = { oid: range.oid, schema: range.schema, name: range.table }
  const present = await session.query(
    `select c.relfilenode = $2 and n.nspname = $3 and c.relname = $4
            and $5 = (select md5(string_agg(format('%s %s %s', attname, atttypid, atttypmod), ',' order by attnum))
                        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
       from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = $1`,
    [range.oid, range.file, range.schema, range.table, range.shape],
  )
  if (present.rows[0]?.[0] !== 't') return false
  await snapshot.holdFile(table)
  const { from, condition } = rangeSource(range)
  const { rows } = await session.query(
    `with now as (select pg_snapshot_xmax(pg_current_snapshot())::text::numeric as next),
          epoch as (select next, floor(next / 4294967296) * 4294967296 as base, mod(next, 4294967296)::int8 as low from now),
          old as (select pg_snapshot_xmin($1::pg_snapshot)::text::numeric as oldest)
     select count(*) = $2::int8
            and coalesce(bool_and(base + xmin::text::int8 - case when xmin::text::int8 > low then 4294967296 else 0 end < oldest), true)
       from (select xmin from ${from} where ${condition}) rows, epoch, old`,
    [oldSnapshot, chunk.rows],
  )
  return rows[0]?.[0] === 't'
}
