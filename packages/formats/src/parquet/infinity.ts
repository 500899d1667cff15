import type { ColumnBuilder } from './column-builder.ts'

/** DuckDB's infinite date: the greatest 32-bit integer, or its negation. */
export function storeInfiniteDate(out: ColumnBuilder, negative: boolean): boolean {
  if (!out.infinityAsExtremes) {
    out.reject('infinite-date', negative ? '-infinity' : 'infinity')
    return false
  }
  out.words[out.values] = negative ? -0x7fffffff : 0x7fffffff
  return true
}

/** DuckDB's infinite timestamp: the greatest 64-bit integer, or its negation. */
export function storeInfiniteTimestamp(out: ColumnBuilder, negative: boolean): boolean {
  if (!out.infinityAsExtremes) {
    out.reject('infinite-timestamp', negative ? '-infinity' : 'infinity')
    return false
  }
  out.words[out.values * 2] = negative ? 1 : -1
  out.words[out.values * 2 + 1] = negative ? 0x80000000 | 0 : 0x7fffffff
  return true
}
