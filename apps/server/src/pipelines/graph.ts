import { z } from '@hono/zod-openapi'
import {
  compilePipeline,
  groupsOf,
  jobName,
  type PipelineRecord,
  type PipelineState,
  type Problem,
  pipelineProblems,
  taskId,
} from '@millrace/pipelines'
import type { ServerContext } from '../server-context.ts'
import { compileOptions } from './publish.ts'
import { problemSchema, stateName } from './schemas.ts'

export const graphSchema = z
  .object({
    version: z.string().nullable().openapi({ description: 'That it has, or would have; null with problems.' }),
    problems: z.array(problemSchema),
    nodes: z.array(
      z.object({
        id: z.string(),
        kind: z.enum(['task', 'spacer']),
        operator: z.string().nullable(),
        upstreams: z.array(z.string()),
        state: stateName.nullable(),
        transformation_id: z.string().nullable(),
        job_name: z.string().nullable(),
      }),
    ),
  })
  .openapi('PipelineGraph')

interface Place {
  readonly state: PipelineState
  readonly transformation_id: string | null
  readonly job_name: string | null
}

/** @param known What is wrong with the pipeline, where that was looked for already. */
export function presentGraph(
  context: ServerContext,
  record: PipelineRecord,
  known?: readonly Problem[],
): z.input<typeof graphSchema> {
  const options = compileOptions(context)
  const problems = [...(known ?? pipelineProblems(record, options))]
  if (problems.length > 0) return { version: null, problems, nodes: [] }
  const manifest = compilePipeline(record, options).toManifest()
  const { name: pipeline, client, brand } = record
  const placed = groupsOf(record).flatMap(({ state, transformations }, index): [string, Place][] => [
    [`${state}_group_step_${index}`, { state, transformation_id: null, job_name: null }],
    ...transformations.map(({ id, template: { name: template } }): [string, Place] => {
      const job_name = jobName({ client, brand, state, dataset: template })
      return [taskId({ pipeline, state, template, transformation: id }), { state, transformation_id: id, job_name }]
    }),
  ])
  const places = new Map(placed)
  const nodes = manifest.nodes.map(({ id, kind, operator, upstreams }) => ({
    ...{ id, kind, operator: operator?.name ?? null, upstreams: [...upstreams] },
    ...(places.get(id) ?? { state: null, transformation_id: null, job_name: null }),
  }))
  return { version: manifest.version, problems, nodes }
}
