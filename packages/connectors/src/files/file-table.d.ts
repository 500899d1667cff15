import { type Column, type LogicalType, type RewrittenColumn, type RowBlock, type Verdict } from '@millrace/formats'
import type { FileRelation } from './find-relations.ts'
/** CSV or NDJSON files whose columns are known from all of their rows. */
export interface FileTable {
  readonly columns: readonly Column[]
  /** Null when the rows were not looked at. */
  readonly rows: number | null
  readonly bytes: number
  /** All rows, in canonical text. */
  blocks(signal?: AbortSignal): AsyncIterable<RowBlock>
}
/** Names for types, as they are written in a query over the files. */
export declare function duckdbType(type: LogicalType): string
export declare function columnsOf(names: readonly string[], verdicts: readonly Verdict[]): Column[]
export declare function rewritesOf(verdicts: readonly Verdict[]): RewrittenColumn[]
/** Names that stay apart where case is not told apart. */
export declare function distinctNames(names: readonly string[], empty: (place: number) => string): string[]
/** The state of files, by which a change between two passes over them shows. */
export type FileStates = ReadonlyMap<
  string,
  {
    readonly size: number
    readonly changed: number
  }
>
export declare function fileStates({ files }: FileRelation): Promise<FileStates>
export declare function totalBytes(states: FileStates): number
/** The text of a file without a byte order mark. What was found out about it holds only while it stays as it is. */
export declare function fileText(
  file: string,
  { compression }: FileRelation,
  states: FileStates,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array>
/** Says in which file it was that the rows could not be read. */
export declare function inFile(error: unknown, file: string): unknown
//# sourceMappingURL=file-table.d.ts.map
