import { type Queryable, type Sql, sql } from '@millrace/db'

export interface Page<Row> {
  readonly rows: readonly Row[]
  /** Of all pages. */
  readonly total: number
}

/**
 * A page and the total in one statement; past the end the page is empty and the total is still told. `rows` is a statement
 * with its order, limit and offset, `total` an expression.
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
