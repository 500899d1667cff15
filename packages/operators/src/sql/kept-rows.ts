import type { Scalar } from '@millrace/connectors'

type KeptRow = { readonly [column: string]: Scalar }

/** Characters of the values that an output holds at most: it is for look-ups, not for moving data. */
const longestOutput = 4_000_000

/** The first rows of a result as objects, as many as an output may hold. */
export function keptRows(
  columns: readonly string[],
  rows: readonly (readonly Scalar[])[],
  rowLimit: number,
): readonly KeptRow[] {
  const kept: KeptRow[] = []
  let size = 0
  for (const row of rows.slice(0, rowLimit)) {
    size += row.reduce<number>((sum, value) => sum + String(value).length, 0)
    if (size > longestOutput) break
    kept.push(Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null])))
  }
  return kept
}
