import { exportQuery, type LocalFile, quoteName } from '@millrace/connectors'
import { csvHeader } from '@millrace/formats'
import type { WorkDatabase } from './work-database.ts'

export interface ExportViewOptions {
  readonly format: 'csv' | 'ndjson' | 'parquet'
  /** Condition of DuckDB on the rows. Default: all. */
  readonly condition?: string | null
  readonly signal?: AbortSignal
}

/**
 * Rows of a view that `fetchDataset` made, as a file that goes with the export. `head` comes before what is in the file: the
 * header row of CSV.
 */
export async function exportView(
  { connector }: WorkDatabase,
  { view, columns }: { readonly view: string; readonly columns: readonly string[] },
  { format, condition = null, signal }: ExportViewOptions,
): Promise<LocalFile & { readonly head: string }> {
  const query = `select * from ${quoteName(view)} where ${condition ?? 'true'}`
  const file = await exportQuery(async () => await connector.openSource(signal ? { signal } : {}), query, {
    format,
    ...(signal ? { signal } : {}),
  })
  return { ...file, head: format === 'csv' ? csvHeader(columns.map((name) => ({ name }))).toString() : '' }
}
