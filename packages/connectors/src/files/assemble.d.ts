import { type Column } from '@millrace/formats'
import type { Extent } from './journal.ts'
import type { FileTarget } from './place.ts'
/** A finished file in the staging folder. */
export interface Output {
  readonly path: string
  readonly rows: number
  readonly bytes: number
}
export interface AssembleOptions {
  readonly folder: string
  readonly target: FileTarget
  readonly columns: readonly Column[]
  readonly prefix: Uint8Array
  /** An existing file whose bytes come first, in place of the prefix. */
  readonly base?: {
    readonly path: string
    readonly lineFeed: boolean
  }
}
/**
 * Makes one file of extents, in their order. Where they follow each other in one staging file from
 * its beginning, that file is the output and nothing is copied; otherwise they are joined in a new one.
 */
export declare function assembleFile(
  name: string,
  extents: readonly Extent[],
  options: AssembleOptions,
): Promise<Output>
/** An output takes over the permissions of the file it replaces; a new one gets the usual ones. */
export declare function adoptMode(output: string, existing: string | null): Promise<void>
//# sourceMappingURL=assemble.d.ts.map
