import type { Json, JsonSchema } from './json.ts'
import type { TaskOptions } from './task-options.ts'

/** What happens to ticks that passed while nothing could run: none of them, the last one, or all up to `limit`. */
export interface CatchupPolicy {
  readonly policy: 'none' | 'latest' | 'all'
  /** With `all`: the newest so many. Default 100. */
  readonly limit: number
}

export interface ManifestSchedule {
  /** Five fields or an alias such as `@daily`. */
  readonly cron: string
  /** IANA name. */
  readonly timezone: string
  readonly catchup: CatchupPolicy
  /** No tick before; ISO 8601. */
  readonly start: string | null
  readonly end: string | null
}

/** Where a parameter of an inlined workflow comes from: a parameter of the run, or a fixed value. */
export type ParamSource = { readonly param: string } | { readonly value: Json }

export interface ManifestNode {
  /** Unique in the workflow: letters, digits, `_`, `-` and `.`; groups are part of it (`load.orders`). */
  readonly id: string
  /** A spacer does nothing and takes no worker: it joins what comes before with what comes after. */
  readonly kind: 'task' | 'spacer'
  /** Class name of a task. */
  readonly name: string
  /** An operator that needs no code of the package; null for a class of the package. */
  readonly operator: { readonly name: string; readonly config: Json } | null
  readonly upstreams: readonly string[]
  /** Upstream whose output, an array, gives one item each; null: not mapped. */
  readonly mapOver: string | null
  readonly branch: boolean
  /** Direct downstreams of a branch, so that its choice can be read where the graph is not at hand. */
  readonly downstreams?: readonly string[]
  /** Parameters the node sees in place of the run's, because it was written for a workflow that is part of this one. */
  readonly params?: Readonly<Record<string, ParamSource>>
  readonly group: string | null
  readonly connections: readonly string[]
  readonly secrets: readonly string[]
  readonly options: TaskOptions
}

/** The immutable description of one version of a workflow. Engines and targets know workflows only by it. */
export interface WorkflowManifest {
  readonly format: 1
  readonly name: string
  readonly version: string
  readonly category: string
  readonly title: string | null
  readonly description: string | null
  readonly owner: string | null
  readonly tags: readonly string[]
  /** JSON Schema of the parameters, which is also the form of the trigger; null: any. */
  readonly params: JsonSchema | null
  readonly schedule: ManifestSchedule | null
  readonly maxActiveRuns: number | null
  /** From start of the run to its end. */
  readonly runTimeoutSeconds: number | null
  /** In a topological order. */
  readonly nodes: readonly ManifestNode[]
  readonly groups: readonly { readonly id: string; readonly title: string | null; readonly parent: string | null }[]
  /** Where the workflow's code is in the artifact; null when every node is an operator. */
  readonly source: { readonly module: string; readonly export: string } | null
  /** The package it was built from, by name and content; null when every node is an operator. */
  readonly package: { readonly name: string; readonly version: string; readonly sha256: string } | null
}
