import type { WorkflowManifest } from '../manifest.ts'

export interface TargetFile {
  /** Relative to the folder that the target's files go to, with `/`. */
  readonly path: string
  readonly content: string
}

export interface Translation {
  readonly files: readonly TargetFile[]
  /** What the other engine cannot do as Millrace does it, a full sentence each. */
  readonly notes: readonly string[]
}

/**
 * Translates workflows for another engine. Pure: the same manifests and options give the same bytes.
 *
 * @throws ConfigError for what the other engine would refuse, or run wrongly; names the workflow and the node
 */
export type Target<Options> = (manifests: readonly WorkflowManifest[], options: Options) => Translation
