import { z } from '@hono/zod-openapi'
import { triggerRules } from '@millrace/workflow'
import { json, jsonMap, plainName, sha256Text, text, workflowName } from '../common-schemas.ts'

const nodeId = z
  .string()
  .min(1)
  .max(250)
  .regex(/^[\w.-]+$/)
const seconds = z
  .number()
  .positive()
  .max(10 ** 9)
  .nullable()
const names = z.array(z.string().min(1).max(250)).max(10_000)

const taskOptions = z.strictObject({
  retries: z.int().min(0).max(1000),
  retryDelaySeconds: z
    .number()
    .min(0)
    .max(10 ** 7),
  retryBackoff: z.number().min(1).max(100),
  retryMaxDelaySeconds: z
    .number()
    .min(0)
    .max(10 ** 7),
  retryJitter: z.number().min(0).max(1),
  timeouts: z.strictObject({
    scheduleToStartSeconds: seconds,
    startToCloseSeconds: seconds,
    scheduleToCloseSeconds: seconds,
    heartbeatSeconds: seconds,
  }),
  queue: plainName,
  pool: plainName.nullable(),
  poolSlots: z.int().min(1).max(1_000_000),
  priority: z.int().min(-1_000_000).max(1_000_000),
  resources: z.strictObject({ memoryMb: z.number().positive().nullable(), cpu: z.number().positive().nullable() }),
  triggerRule: z.enum(triggerRules),
  isolation: z.enum(['warm', 'process']),
  concurrencyKey: text(1000).nullable(),
  concurrencyLimit: z.int().min(1).max(1_000_000),
})

const node = z.strictObject({
  id: nodeId,
  kind: z.enum(['task', 'spacer']),
  name: text(250),
  operator: z.strictObject({ name: text(250), config: json }).nullable(),
  upstreams: names,
  mapOver: nodeId.nullable(),
  branch: z.boolean(),
  downstreams: names.optional(),
  params: z
    .record(z.string(), z.union([z.strictObject({ param: z.string() }), z.strictObject({ value: json })]))
    .optional(),
  group: nodeId.nullable(),
  connections: names,
  secrets: names,
  options: taskOptions,
})

/**
 * The manifest of a workflow version, as `millrace build` writes it. Its fields come out in one order, however they were
 * sent, so that equal manifests have equal hashes.
 */
export const manifestSchema = z
  .strictObject({
    format: z.literal(1),
    name: workflowName,
    version: z
      .string()
      .min(1)
      .max(200)
      .regex(/^[\w.+-]+$/, 'has to consist of letters, digits, ".", "_", "+" and "-"'),
    category: text(250),
    title: text(1000).nullable(),
    description: text(100_000).nullable(),
    owner: text(1000).nullable(),
    tags: z.array(text(250)).max(1000),
    params: jsonMap.nullable(),
    schedule: z
      .strictObject({
        cron: text(250),
        timezone: text(250),
        catchup: z.strictObject({ policy: z.enum(['none', 'latest', 'all']), limit: z.int().min(1).max(100_000) }),
        start: z.iso.datetime({ offset: true }).nullable(),
        end: z.iso.datetime({ offset: true }).nullable(),
      })
      .nullable(),
    maxActiveRuns: z.int().min(1).max(1_000_000).nullable(),
    runTimeoutSeconds: seconds,
    nodes: z.array(node).min(1).max(10_000),
    groups: z
      .array(z.strictObject({ id: nodeId, title: text(1000).nullable(), parent: nodeId.nullable() }))
      .max(10_000),
    source: z.strictObject({ module: text(1000), export: text(250) }).nullable(),
    package: z.strictObject({ name: text(250), version: text(250), sha256: sha256Text }).nullable(),
  })
  .openapi('WorkflowManifest')
