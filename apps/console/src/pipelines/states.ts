import type { Schema } from '../api/index.ts'

export type PipelineState = Schema<'Transformation'>['state']

/** What data is at each step of a pipeline, in the order that it goes through. */
export const pipelineStates: readonly PipelineState[] = [
  'raw',
  'ingest',
  'master',
  'enhance',
  'enrich',
  'metrics',
  'dimensional',
]
