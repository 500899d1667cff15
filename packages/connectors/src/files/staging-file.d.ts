import { type Column, type Piece } from '@millrace/formats'
import type { Extent } from './journal.ts'
import type { FileTarget } from './place.ts'
/** What stands before the first row of every file of this target. */
export declare function filePrefix(target: FileTarget, columns: readonly Column[]): Promise<Uint8Array>
export interface ExtentWriter extends AsyncDisposable {
  write(piece: Piece): Promise<void>
  /** When the promise is settled the rows are on the disk. */
  finish(): Promise<Extent>
}
/** Appends rows to a staging file from `start`, where an earlier, failed attempt may have left bytes. */
export declare function openExtent(
  folder: string,
  file: string,
  start: number,
  prefix: Uint8Array,
  target: FileTarget,
): Promise<ExtentWriter>
//# sourceMappingURL=staging-file.d.ts.map
