import type { Column, JsonOptions } from '@millrace/formats'
/**
 * The choices a file of ours was written with, from its first rows: a file says nothing about
 * itself, and a proof made later has only the file.
 */
export declare function sniffJsonOptions(
  bytes: AsyncIterable<Uint8Array>,
  columns: readonly Column[],
): Promise<JsonOptions>
//# sourceMappingURL=sniff-json.d.ts.map
