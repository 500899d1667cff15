import { type FileFormat } from './config.ts'
import type { FilesSourceConfig } from './source.ts'
/** Files that are read as one table. */
export interface FileRelation {
  readonly name: string
  readonly files: readonly string[]
  readonly format: FileFormat
  readonly compression: 'none' | 'gzip' | 'zstd'
}
export declare function findRelations(config: FilesSourceConfig): Promise<FileRelation[]>
//# sourceMappingURL=find-relations.d.ts.map
