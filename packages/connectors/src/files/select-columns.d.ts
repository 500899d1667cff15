import type { Column, RowBlock } from '@millrace/formats'
/** Blocks with only some of their columns, found by name. */
export declare function selectColumns(
  blocks: AsyncIterable<RowBlock>,
  all: readonly Column[],
  wanted: readonly Column[],
): AsyncGenerator<RowBlock>
//# sourceMappingURL=select-columns.d.ts.map
