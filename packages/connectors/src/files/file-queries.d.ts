import type { Relation, Source } from '../kit/source.ts'
import type { CsvLayout } from './csv-table.ts'
import { type FileTable } from './file-table.ts'
import type { FileRelation } from './find-relations.ts'
export interface FileQueries extends AsyncDisposable {
  /** A source in which the relation can be read: all the files it names are views there. */
  sourceFor(relation: Relation): Promise<Source>
}
export interface FileQueriesOptions {
  readonly label: string
  readonly relations: readonly FileRelation[]
  readonly position: Readonly<Record<string, unknown>>
  readonly parallel: number
  /** Where files may be put; it goes away with the source. */
  readonly folder: string
  tableOf(relation: FileRelation): Promise<
    FileTable & {
      readonly layout?: CsvLayout
    }
  >
}
/**
 * Files as views of a DuckDB database in memory: for queries, for ranges of a cursor, and for
 * Parquet. CSV and NDJSON have the same columns and types there as they have without it.
 */
export declare function createFileQueries(options: FileQueriesOptions): FileQueries
//# sourceMappingURL=file-queries.d.ts.map
