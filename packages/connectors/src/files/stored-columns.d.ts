import type { Column } from '@millrace/formats'
import type { FileTarget } from './place.ts'
/**
 * All columns of a file in their order, of which `known` may name only some: a hash leaves columns
 * out whose values were altered on the way. A column that is not known is read over.
 */
export declare function storedColumns(
  path: string,
  target: FileTarget,
  known: readonly Column[],
): Promise<readonly Column[]>
//# sourceMappingURL=stored-columns.d.ts.map
