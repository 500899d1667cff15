/** What the task of a copy returns; written by the operator `transfer`. */
export interface CopyOutput {
  readonly rows: number
  readonly bytes: number
  readonly tables: readonly CopiedTable[]
}

export interface CopiedTable {
  readonly table: string
  readonly target: string
  readonly rows: number
  readonly bytes: number
  readonly mode: string
  readonly inserted?: number | null
  readonly updated?: number | null
  readonly proof: 'none' | 'count' | 'content'
  readonly targetRows?: number
  readonly durationMs: number
  readonly resumedChunks: number
  readonly losses: readonly Loss[]
  readonly load: string
  /** Null where all of them together were too large. */
  readonly manifest?: Manifest | null
}

export interface Loss {
  readonly column: string
  readonly reason: string
  readonly outcome: string
  readonly count: number
}

export interface Side {
  readonly rows: number
  readonly hash?: string
}

export interface Manifest {
  readonly from: { readonly connector: string; readonly address: string; readonly position?: object }
  readonly to: { readonly connector: string; readonly address: string }
  readonly columns: readonly { readonly name: string; readonly sourceType?: string; readonly targetType: string }[]
  readonly startedAt: string
  readonly finishedAt: string
  readonly chunks: { readonly total: number; readonly resumed: number }
  readonly proof: {
    readonly level: string
    readonly source?: Side
    readonly staged?: Side
    readonly target?: Side
    readonly hashedColumns?: readonly string[]
    readonly excludedColumns?: readonly { readonly column: string; readonly reasons: readonly string[] }[]
  }
  readonly incremental?: {
    readonly cursor: string
    readonly mark?: { readonly value?: unknown } | null
    readonly nullCursors: number
  }
}

/** Whether both sides were compared and are the same. */
export type Verdict = 'equal' | 'counted' | 'unproven' | 'different'

/** What was proven of a table. A copy whose sides differ is refused before it is published, so "different" is never expected. */
export function verdictOf({ proof, manifest }: CopiedTable): Verdict {
  if (proof === 'none') return 'unproven'
  const { source, staged } = manifest?.proof ?? {}
  if (source !== undefined && staged !== undefined) {
    if (source.rows !== staged.rows || source.hash !== staged.hash) return 'different'
  }
  return proof === 'content' ? 'equal' : 'counted'
}

/** From the first beginning to the last end: tables are copied one after the other or side by side. */
export function spanMs(tables: readonly CopiedTable[]): number {
  const times = tables.flatMap(({ manifest }) =>
    manifest ? [{ from: Date.parse(manifest.startedAt), to: Date.parse(manifest.finishedAt) }] : [],
  )
  // Without all manifests it is not known; no table took longer than all of them together.
  if (times.length < tables.length || times.length === 0) return Math.max(0, ...tables.map((one) => one.durationMs))
  return Math.max(...times.map(({ to }) => to)) - Math.min(...times.map(({ from }) => from))
}

export function isCopyOutput(output: unknown): output is CopyOutput {
  return typeof output === 'object' && output !== null && Array.isArray((output as CopyOutput).tables)
}
