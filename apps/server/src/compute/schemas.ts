import { z } from '@hono/zod-openapi'
import { pathInteger, withoutNulls } from '@millrace/http'
import { text } from '../common-schemas.ts'
import type { Pool, ResourceClass } from './pool.ts'

export const poolId = pathInteger({ minimum: 1, maximum: 2_147_483_647 })
export const classId = pathInteger({ minimum: 1, maximum: 2_147_483_647 })

const name = text(40).min(5)
const cpu = z.number().positive().max(1_000_000).openapi({ description: 'Cores; fractions are fine.', example: 1.5 })
const gigabytes = z.int().min(1).openapi({ description: 'Gigabytes.', example: 4 })
const gpu = z.int().min(0)
const label = z
  .string()
  .min(3)
  .max(63)
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9\-_./]*[a-zA-Z0-9]$/,
    'has to be a label: letters, digits and "-", "_", ".", "/" between them',
  )

export const tolerationsSchema = unique(z.array(label).max(100))
export const affinitiesSchema = unique(
  z.array(z.strictObject({ key: label, required_during_scheduling: z.boolean().default(false) })).max(100),
)

const quotaParts = { cpu, memory: gigabytes, gpu }
const quotaId = text(100).min(5).openapi({ example: '518c7d27-b5db-4aee-855f-f4638aded2d4' })
export const quotaSchema = z.object({ id: quotaId, ...quotaParts }).openapi('Quota')
export const quotaPut = z.strictObject({ id: quotaId.optional(), ...quotaParts })
export const quotaPatch = z.strictObject({
  id: quotaId.optional(),
  cpu: cpu.optional(),
  memory: gigabytes.optional(),
  gpu: gpu.optional(),
})

const classParts = {
  name,
  cpu,
  memory: gigabytes,
  gpu,
  max_storage: gigabytes,
  default_storage: gigabytes,
  default: z.boolean(),
}
const classExtras = {
  quota_enforced: z.boolean().default(false),
  tolerations: tolerationsSchema.default([]),
  node_affinities: affinitiesSchema.default([]),
}
export const newClassSchema = z.strictObject({ ...classParts, ...classExtras })
export const classPatch = z.strictObject({
  name: name.optional(),
  cpu: cpu.optional(),
  memory: gigabytes.optional(),
  gpu: gpu.optional(),
  max_storage: gigabytes.optional(),
  default_storage: gigabytes.optional(),
  default: z.boolean().optional(),
  quota_enforced: z.boolean().optional(),
  tolerations: tolerationsSchema.optional(),
  node_affinities: affinitiesSchema.optional(),
})
const classIdInBody = z.int().min(1).max(2_147_483_647)
export const classSchema = z
  .object({
    id: z.int(),
    ...classParts,
    quota_enforced: z.boolean(),
    tolerations: tolerationsSchema,
    node_affinities: affinitiesSchema,
  })
  .openapi('ResourceClass')

const webAddress = z
  .url({ protocol: /^https?$/, error: 'has to be an address that begins with http:// or https://' })
  .max(500)
const providerId = text(99).min(1).openapi({ description: 'Of the connected service whose tokens the system takes.' })
const firecrest = {
  kind: z.literal('firecrest'),
  api_url: webAddress,
  system_name: text(200).min(1),
  partition: text(200).optional(),
  provider_id: providerId.optional(),
}
const runai = { kind: z.literal('runai'), base_url: webAddress, provider_id: providerId.optional() }
export const remoteSchema = z.discriminatedUnion('kind', [z.strictObject(firecrest), z.strictObject(runai)])

const seconds = z.int().min(0).max(2_147_483_647).openapi({ description: 'Seconds; 0: none.' })
const thresholds = {
  idle_threshold: seconds.optional(),
  hibernation_threshold: seconds.optional(),
  hibernation_warning_period: seconds.optional(),
}
const runtime = z.enum(['linux/amd64', 'linux/arm64'])
const limitFactor = z
  .number()
  .refine((value) => value === 0 || (value >= 1 && value <= 100), 'has to be 0 for no limit, or between 1 and 100')
  .openapi({ minimum: 0, maximum: 100 })

export const newPoolSchema = z.strictObject({
  name,
  public: z.boolean(),
  default: z.boolean(),
  classes: z.array(newClassSchema).min(1).max(100),
  quota: quotaPut.optional(),
  remote: remoteSchema.optional(),
  ...thresholds,
  platform: runtime.default('linux/amd64'),
  cpu_limit_factor: limitFactor.optional(),
})

export const poolPut = z.strictObject({
  ...newPoolSchema.shape,
  classes: z
    .array(z.strictObject({ id: classIdInBody, ...newClassSchema.shape }))
    .min(1)
    .max(100),
  platform: runtime,
})

/** `{}` makes a pool local again. */
const remotePatch = z.strictObject({
  kind: z.enum(['firecrest', 'runai']).optional(),
  api_url: webAddress.optional(),
  system_name: firecrest.system_name.optional(),
  partition: firecrest.partition,
  base_url: webAddress.optional(),
  provider_id: providerId.optional(),
})

export const poolPatch = z.strictObject({
  name: name.optional(),
  public: z.boolean().optional(),
  default: z.boolean().optional(),
  classes: z
    .array(z.strictObject({ id: classIdInBody, ...classPatch.shape }))
    .min(1)
    .max(100)
    .optional(),
  quota: quotaPatch.optional(),
  remote: remotePatch.optional(),
  ...thresholds,
  platform: runtime.optional(),
  cpu_limit_factor: limitFactor.optional(),
})

const poolParts = {
  id: z.int(),
  name,
  public: z.boolean(),
  default: z.boolean(),
  quota: quotaSchema.optional(),
  remote: remoteSchema.optional(),
  ...thresholds,
  platform: runtime,
  cpu_limit_factor: z.number().optional(),
}
export const poolSchema = z.object({ ...poolParts, classes: z.array(classSchema) }).openapi('ResourcePool')
export const matchedPoolSchema = z
  .object({
    ...poolParts,
    classes: z.array(
      z.object({
        ...classSchema.shape,
        matching: z.boolean().openapi({ description: 'Whether it has all that was asked for.' }),
      }),
    ),
  })
  .openapi('MatchedResourcePool')

/** How much a class has to have at least. */
export const wanted = {
  cpu: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,9})?$/, 'has to be a number')
    .transform(Number)
    .optional()
    .openapi({ type: 'number', minimum: 0, default: 0 }),
  gpu: atLeast(),
  memory: atLeast(),
  max_storage: atLeast(),
}

export function presentPool(pool: Pool): z.input<typeof poolSchema> {
  return { ...withoutNulls(pool), classes: pool.classes.map(presentClass) }
}

export function presentClass(one: ResourceClass): z.input<typeof classSchema> {
  return { ...one, tolerations: [...one.tolerations], node_affinities: [...one.node_affinities] }
}

function atLeast() {
  return pathInteger({ minimum: 0 }).optional().openapi({ type: 'integer', minimum: 0, default: 0 })
}

function unique<Item>(list: z.ZodArray<z.ZodType<Item>>) {
  return list
    .refine(
      (items) => new Set(items.map((item) => JSON.stringify(item))).size === items.length,
      'must name nothing twice',
    )
    .openapi({ uniqueItems: true })
}
