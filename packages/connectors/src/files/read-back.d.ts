import { type Column, type ContentHash, type JsonOptions } from '@millrace/formats'
import type { Extent } from './journal.ts'
import type { FileTarget } from './place.ts'
export declare function fileBytes(
  path: string,
  signal?: AbortSignal,
  range?: {
    start?: number
    end?: number
  },
): AsyncGenerator<Buffer>
/** Hash of staged CSV or NDJSON, read back from the disk. */
export declare function hashExtents(
  folder: string,
  extents: readonly Extent[],
  target: FileTarget,
  columns: {
    readonly all: readonly Column[]
    readonly hashed: readonly Column[]
  },
  options: JsonOptions,
  signal?: AbortSignal,
): Promise<ContentHash>
/** Hash of published files, whose columns are `all`. */
export declare function hashFiles(
  paths: readonly string[],
  target: FileTarget,
  columns: {
    readonly all: readonly Column[]
    readonly hashed: readonly Column[]
  },
  signal?: AbortSignal,
): Promise<ContentHash>
export declare function hashParquet(
  paths: readonly string[],
  columns: readonly Column[],
  signal?: AbortSignal,
): Promise<ContentHash>
export declare function countFiles(
  paths: readonly string[],
  target: FileTarget,
  columnCount: number,
  signal?: AbortSignal,
): Promise<number>
/** DuckDB reads wildcards in paths; in brackets they stand for themselves. */
export declare function quoteGlobFree(path: string): string
/** The first row of a CSV file; null when it is empty. */
export declare function csvFirstRow(
  path: string,
  compression: FileTarget['compression'],
  delimiter?: string,
): Promise<string[] | null>
/** Whether a file's content ends with a line feed; true for an empty one. */
export declare function endsWithLineFeed(path: string, compression: FileTarget['compression']): Promise<boolean>
/** The first line of a file; null when it is empty. */
export declare function firstLine(path: string, compression: FileTarget['compression']): Promise<string | null>
//# sourceMappingURL=read-back.d.ts.map
