import { type FileTable } from './file-table.ts'
import type { FileRelation } from './find-relations.ts'
import type { FilesSourceConfig } from './source.ts'
export interface CsvLayout {
  readonly delimiter: string
  readonly header: boolean
  /** As they stand in the first row, or made from the number of its fields. */
  readonly names: readonly string[]
}
/** Finds the type of each column from all of its values, by one pass over the files. */
export declare function openCsvTable(
  relation: FileRelation,
  config: FilesSourceConfig,
  signal?: AbortSignal,
): Promise<
  FileTable & {
    readonly layout: CsvLayout
  }
>
//# sourceMappingURL=csv-table.d.ts.map
