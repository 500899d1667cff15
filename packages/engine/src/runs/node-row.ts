import type { TaskRunState } from '@millrace/workflow'

/** The row of a node, no item of one, while its run is carried on; changed in memory, then written as a whole. */
export interface NodeRow {
  readonly id: number
  readonly node_index: number
  state: TaskRunState
  reason: string | null
  up_success: number
  up_failed: number
  up_skipped: number
  items: number | null
  concurrency_key: string | null
}
