import type { Target } from '../kit/sink.ts'
export type FileTarget = Extract<
  Target,
  {
    kind: 'file'
  }
>
/** Where a target lies, and the names beside it that loads use. */
export interface Place {
  readonly target: FileTarget
  /** Absolute, with links followed, without a closing slash. */
  readonly path: string
  readonly folder: boolean
  readonly parent: string
  readonly name: string
  readonly lock: string
}
export declare function fileTarget(target: Target): FileTarget
/** A link is followed first, so that it stays a link and what it points to is replaced. */
export declare function placeOf(target: FileTarget): Promise<Place>
export declare function stagingPath(place: Place, key: string): string
export declare function statePath(place: Place, key: string): string
export declare function partName(index: number, { format, compression }: FileTarget): string
/** The number of a part file of ours; null for any other name. */
export declare function partIndex(name: string): number | null
//# sourceMappingURL=place.d.ts.map
