/**
 * One type of a source with the values that other tools lose, and what each export must look like.
 * The tests insert the values into a real server and compare; the user's conformance page is
 * generated from the same cases.
 */
export interface ValueCase {
  /** Table name in the test database, and anchor in the page. */
  readonly id: string
  /** The column's type as declared. */
  readonly type: string
  /** Statements that must run before the table is created. */
  readonly setup?: string
  /** Type that a DuckDB reader sees in the Parquet file. */
  readonly parquetType: string
  readonly values: readonly ValueRow[]
  /** What goes wrong elsewhere. */
  readonly pitfall: string
}

export interface ValueRow {
  /** SQL expression. */
  readonly sql: string
  /** The CSV field's text before quoting; the canonical text. */
  readonly csv: string
  /** The NDJSON token, exactly. */
  readonly ndjson: string
  /** The Parquet value as DuckDB prints it, or the reason for which the policy decides. */
  readonly parquet:
    | string
    | { readonly policy: string /** Default: NULL; a list keeps its other elements. */; readonly nulled?: string }
  /** Reason counted in the ledger of the NDJSON export. */
  readonly ndjsonLoss?: string
  /** Reason counted in the ledger of the Parquet export, where the value is kept in another form. */
  readonly parquetLoss?: string
}

export function quoteCsv(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
