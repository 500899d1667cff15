import type { RunState, TaskRunState } from '@millrace/workflow'

/**
 * The life of a run
 *
 *   queued ──► running ──► success | failed | cancelled
 *                 ▲                │
 *                 └── clear, retry ┘
 *
 * A run waits in `queued` only while its workflow has `maxActiveRuns` others running. It is over with the last of its task
 * runs, and then `failed` when any of them failed, whatever came after; `cancelled` when somebody asked for it.
 *
 * The life of a task run
 *
 *   waiting ──► ready ──► running ──► success | failed | skipped
 *      │          ▲          │
 *      │          └──────────┤  retry, deferral (from `run_at` on, or from when somebody asks), lost worker
 *      ├──► expanded ──► success | failed          a mapped node, which ends with its items
 *      └──► skipped | upstream_failed | success    decided without being run; success is a spacer's
 *
 *   any that is not over ──► cancelled
 *
 * Who changes it: `waiting` is left by the transaction that ends the last upstream that mattered (advance.ts); `ready`
 * by a claim, or by the scheduler when nobody takes it in time; `running` by its worker's result, or by the reaper once
 * its lease is over. So a row that is not over has an owner at any time: another row, the queue, or a lease.
 *
 * Every change but a claim and the keeping of a lease is made under a lock of the row of its run, so the state of a run
 * is seen and changed as a whole. A running row is changed only by who knows its attempt number (the fence): a worker that
 * was given up for lost finds another number, or another state, and its result is dropped.
 */
/** How often a task run may lose its worker before it fails: something about it may be what kills them. */
export const maxLosses = 3

const ended: ReadonlySet<string> = new Set<TaskRunState | RunState>([
  'success',
  'failed',
  'skipped',
  'upstream_failed',
  'cancelled',
])

export function isOver(state: TaskRunState | RunState): boolean {
  return ended.has(state)
}
