import type { AnyState } from '../ui/index.ts'

export interface GraphNode {
  readonly id: string
  /** Default: the id. */
  readonly label?: string
  /** A spacer does nothing but join edges. Default `task`. */
  readonly kind?: 'task' | 'spacer'
  readonly group?: string | undefined
  /** A few words under the label, such as its operator. */
  readonly detail?: string | undefined
  /** Whether it becomes a task run for each item of a list. */
  readonly isMapped?: boolean
  /** What became of it between two versions. */
  readonly mark?: GraphMark | undefined
}

export type GraphMark = 'added' | 'removed' | 'changed'

export interface GraphEdge {
  readonly from: string
  readonly to: string
}

export interface GraphGroup {
  readonly id: string
  readonly title?: string | null | undefined
  readonly parent?: string | null | undefined
}

/** What a node does in a run. */
export interface GraphNodeState {
  readonly state?: AnyState | undefined
  /** Of a mapped node. */
  readonly items?:
    | { readonly total: number; readonly success: number; readonly failed: number; readonly skipped: number }
    | undefined
}

/** Which way edges lead. */
export type GraphDirection = 'right' | 'down'
