import type { PipelineRecord, StateRecord, TransformationRecord } from './records.ts'
import { type PipelineState, pipelineStates } from './states.ts'

/** Transformations that run side by side. Never empty. */
export interface TransformationGroup {
  readonly state: PipelineState
  readonly transformations: readonly TransformationRecord[]
}

/** States by graph order, then by their fixed order; in each, transformations with equal graph order together. */
export function groupsOf({ states }: Pick<PipelineRecord, 'states'>): readonly TransformationGroup[] {
  return orderedStates(states).flatMap(({ state, transformations }) => {
    const byOrder = Map.groupBy(
      transformations.toSorted((a, b) => a.graphOrder - b.graphOrder || (a.id < b.id ? -1 : 1)),
      ({ graphOrder }) => graphOrder,
    )
    return [...byOrder.values()].map((group) => ({ state, transformations: group }))
  })
}

export function orderedStates(states: readonly StateRecord[]): readonly StateRecord[] {
  return states.toSorted((a, b) => a.graphOrder - b.graphOrder || placeOf(a.state) - placeOf(b.state))
}

export function placeOf(state: PipelineState): number {
  return pipelineStates.indexOf(state)
}
