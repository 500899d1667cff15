/** What data is at each step of a pipeline, in the order that it goes through. */
export const pipelineStates = ['raw', 'ingest', 'master', 'enhance', 'enrich', 'metrics', 'dimensional'] as const

export type PipelineState = (typeof pipelineStates)[number]

/** Null for the first one. */
export function previousState(state: PipelineState): PipelineState | null {
  return pipelineStates[pipelineStates.indexOf(state) - 1] ?? null
}

/** Null for the last one. */
export function nextState(state: PipelineState): PipelineState | null {
  return pipelineStates[pipelineStates.indexOf(state) + 1] ?? null
}
