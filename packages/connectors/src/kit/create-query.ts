import type { Row, Scalar, SqlConnector } from './connector.ts'

/** A small result. Two of its columns may have one name. */
export interface ResultTable {
  readonly names: readonly string[]
  readonly rows: readonly (readonly Scalar[])[]
}

/** The `query` of a connector, by the way it runs one statement that only reads. */
export function createQuery(run: (sql: string, signal?: AbortSignal) => Promise<ResultTable>): SqlConnector['query'] {
  function query(sql: string, options: { readonly scalar: true; readonly signal?: AbortSignal }): Promise<Scalar>
  function query(sql: string, options?: { readonly scalar?: false; readonly signal?: AbortSignal }): Promise<Row[]>
  async function query(
    sql: string,
    options: { readonly scalar?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<Row[] | Scalar> {
    const { names, rows } = await run(sql, options.signal)
    if (options.scalar) return rows[0]?.[0] ?? null
    return rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? null])))
  }
  return query
}
