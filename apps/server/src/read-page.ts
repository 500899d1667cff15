import { type Queryable, type Sql, sql } from '@millrace/db'

export interface Page<Row> {
  readonly rows: readonly Row[]
  /** Of all pages. */
  readonly total: number
}

/**
 * The page of an ordered statement. How many rows are read for it stands in the text, since the planner has to know how few are
 * wanted, and as a power of two, since there should be few texts; the page itself is cut by values that the planner cannot see, or it
 * would plan anew for each.
 */
export function pageOf(ordered: Sql, { limit, offset }: { readonly limit: number; readonly offset: number }): Sql {
  const read = sql.literal(`${bucketOf(offset + limit)}`)
  return sql`select * from (${ordered} limit ${read}) as first limit (select ${limit}::bigint) offset (select ${offset}::bigint)`
}

/** So many rows or more: one of a few numbers. */
export function bucketOf(rows: number): number {
  return 2 ** Math.min(40, Math.max(5, Math.ceil(Math.log2(rows))))
}

/**
 * A page and the total in one statement; past the end the page is empty and the total is still told. `rows` is a statement
 * with its order, limit and offset, such as `pageOf` makes, `total` an expression.
 */
export async function readPage<Row extends object>(
  db: Queryable,
  { rows, total }: { readonly rows: Sql; readonly total: Sql },
): Promise<Page<Row>> {
  const found = await db.query<{ total: number; is_row: boolean | null }>(sql`
    select page.*, counted.total
    from (select ${total} as total) as counted
    left join lateral (select true as is_row, wanted.* from (${rows}) as wanted) as page on true`)
  const of = found.map(({ total: _, is_row, ...row }) => ({ is_row, row: row as Row }))
  return { rows: of.filter(({ is_row }) => is_row).map(({ row }) => row), total: found[0]?.total ?? 0 }
}
