import { z } from 'zod'
import type { PipelineState } from './states.ts'

/** Names of pipelines, which become parts of ids of nodes and workflows. */
export const pipelineName = z
  .string()
  .min(1)
  .max(80)
  .regex(/^[A-Za-z0-9_-]+$/, 'has to consist of letters, digits, "_" and "-"')

/** Names of clients, brands, segments, pipeline types and templates. Clients, brands and templates become parts of paths. */
export const recordName = z
  .string()
  .min(1)
  .max(80)
  .regex(/^[A-Za-z0-9_.-]+$/, 'has to consist of letters, digits, ".", "_" and "-"')
  .regex(/[A-Za-z0-9_-]/, 'has to hold more than dots')

/** Names of variables, as templates call them. */
export const variableName = z
  .string()
  .min(1)
  .max(80)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'has to be a letter or "_", followed by letters, digits and "_"')

/** Id of a node, without regard to case. */
export function taskId(parts: {
  readonly pipeline: string
  readonly state: PipelineState
  readonly template: string
  readonly transformation: string
}): string {
  const { pipeline, state, template, transformation } = parts
  return `${pipeline}_${state}_${template}_${transformation}`.toLowerCase().replaceAll('.', '_')
}

const longestJobName = 128

/** What infrastructure calls the work of a transformation: the last 128 characters, since the end tells most. */
export function jobName(parts: {
  readonly client: string
  readonly brand: string
  readonly state: PipelineState
  readonly dataset: string
}): string {
  const { client, brand, state, dataset } = parts
  return `${client}_${brand}_${state}_${dataset}`.slice(-longestJobName)
}
