import type { TaskRunState } from '../context.ts'
import type { Json } from '../json.ts'
import type { ManifestNode } from '../manifest.ts'
import type { TaskFailure } from '../outcome.ts'
import type { TaskRunResult } from './run-options.ts'

/** A node of a run, or an item of a mapped one. */
export interface TaskRun {
  /** Unique in the run. */
  readonly number: number
  readonly node: ManifestNode
  readonly mapIndex: number | null
  readonly item: Json
  state: TaskRunState
  attempts: number
  startedAt: Date | null
  endedAt: Date | null
  /** JSON text, so that no consumer can change what another one gets. */
  output: string | null
  /** Of a branch. */
  choice: readonly string[] | null
  failure: TaskFailure | null
  reason: string | null
  /** Of a mapped node. */
  items: readonly TaskRun[]
}

export function newTaskRun(number: number, node: ManifestNode, mapIndex: number | null, item: Json): TaskRun {
  return {
    number,
    node,
    mapIndex,
    item,
    state: 'waiting',
    attempts: 0,
    startedAt: null,
    endedAt: null,
    output: null,
    choice: null,
    failure: null,
    reason: null,
    items: [],
  }
}

const endStates: ReadonlySet<TaskRunState> = new Set(['success', 'failed', 'skipped', 'upstream_failed', 'cancelled'])

export function hasEnded({ state }: TaskRun): boolean {
  return endStates.has(state)
}

/** How upstream counts and mapped nodes see an end. */
export function endKind({ state }: TaskRun): 'success' | 'skipped' | 'failed' | undefined {
  if (state === 'success' || state === 'skipped') return state
  return endStates.has(state) ? 'failed' : undefined
}

export function taskRunResult(run: TaskRun): TaskRunResult {
  const { node, mapIndex, state, attempts, startedAt, endedAt, failure, reason } = run
  const output: Json = run.output === null ? null : JSON.parse(run.output)
  return { id: node.id, mapIndex, state, attempts, startedAt, endedAt, output, failure, reason }
}
