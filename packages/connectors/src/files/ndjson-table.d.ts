import { type FileTable } from './file-table.ts'
import type { FileRelation } from './find-relations.ts'
/** Finds the keys of all objects and their types, by one pass over the files. Numbers keep their digits and documents their text. */
export declare function openNdjsonTable(relation: FileRelation, signal?: AbortSignal): Promise<FileTable>
//# sourceMappingURL=ndjson-table.d.ts.map
