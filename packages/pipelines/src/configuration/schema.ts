import { z } from 'zod'
import { pipelineName, recordName } from '../names.ts'
import { pipelineStates } from '../states.ts'
import { variableStructuresSchema } from '../variables.ts'

const displayName = z.string().max(200).nullable().default(null)
const description = z.string().max(10_000).nullable().default(null)
const stateName = z.enum(pipelineStates)

const named = { name: recordName, display_name: displayName }

const client = z.strictObject({ ...named, brands: unique(z.strictObject(named)) })
const pipelineType = z.strictObject({ ...named, segment: recordName.nullable().default(null) })

const template = z.strictObject({
  name: recordName,
  description,
  state: stateName.nullable().default(null),
  operator: z.string().min(1).max(100),
  config: z.record(z.string(), z.json()).default({}),
  variable_structures: variableStructuresSchema.default({}),
  tags: z.array(z.string().min(1).max(100)).max(50).default([]),
})

const transformation = z.strictObject({
  state: stateName,
  template: recordName,
  graph_order: z.int().min(-1_000_000).max(1_000_000).default(0),
  variables: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
})

const pipeline = z.strictObject({
  name: pipelineName,
  description,
  brand: z
    .string()
    .max(161)
    .regex(/^[^/]+\/[^/]+$/, 'has to be CLIENT/BRAND'),
  type: recordName,
  is_active: z.boolean().default(true),
  run_frequency: z.string().min(1).max(200).nullable().default(null),
  transformations: z.array(transformation).max(1000).default([]),
})

/** All that is configured in a project, with names in place of ids. */
export const configurationSchema = z.strictObject({
  format: z.literal(1),
  segments: unique(z.strictObject(named)),
  pipeline_types: unique(pipelineType),
  clients: unique(client),
  templates: unique(template),
  pipelines: unique(pipeline),
})

export type Configuration = z.output<typeof configurationSchema>
export type ConfiguredTransformation = z.output<typeof transformation>

/** A list whose names are unique; default: empty. */
function unique<Shape extends z.ZodType<{ readonly name: string }>>(shape: Shape) {
  return z
    .array(shape)
    .max(10_000)
    .superRefine((list, context) => {
      const seen = new Set<string>()
      list.forEach(({ name }, index) => {
        if (seen.has(name)) {
          context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" is there twice` })
        }
        seen.add(name)
      })
    })
    .default([])
}
