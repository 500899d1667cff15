import type { OpenOptions } from '../kit/connector.ts'
import type { Source } from '../kit/source.ts'
import type { FileFormat } from './config.ts'
export interface FilesSourceConfig {
  readonly path: string
  /** Null where the name does not tell. */
  readonly format: FileFormat | null
  readonly compression: 'none' | 'gzip' | 'zstd'
  readonly header: boolean
  readonly allText: boolean
}
/**
 * Files as tables, named after the files. A pattern or a folder of parts is one table; any other
 * folder has a table for each of its files. CSV and NDJSON are read by ourselves; DuckDB reads
 * Parquet, and answers queries.
 */
export declare function openFilesSource(config: FilesSourceConfig, options?: OpenOptions): Promise<Source>
//# sourceMappingURL=source.d.ts.map
