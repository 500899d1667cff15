import { z } from '@hono/zod-openapi'
import { json, jsonMap, plainName, text } from '../common-schemas.ts'

const attemptRef = { taskRunId: z.int().min(1), attempt: z.int().min(1) }

// A result or a progress that is refused would be sent again for ever, and keep the others of its worker from being
// settled. So what tasks can put into them is taken as it is, within reason, and put right where it is used.
const failure = z.object({
  reason: z.enum(['error', 'timeout', 'exit', 'memory', 'load', 'lost', 'cancelled']),
  code: z.string(),
  message: z.string().transform((message) => message.slice(0, 4000)),
  stack: z
    .string()
    .transform((stack) => stack.slice(0, 16_000))
    .optional(),
  recovery: z.enum(['config', 'transient', 'fatal', 'data']).optional(),
})

const longestDeferSeconds = 10 ** 9

const outcome = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('success'),
    output: json.transform((output) => output ?? null),
    choice: z.array(z.string()).optional(),
  }),
  z.object({ kind: z.literal('failure'), failure }),
  z.object({ kind: z.literal('skip'), reason: z.string() }),
  z.object({
    kind: z.literal('defer'),
    // JSON has null for numbers that are none.
    seconds: z
      .number()
      .nullable()
      .transform((seconds) => Math.min(Math.max(seconds ?? 0, 0), longestDeferSeconds)),
    state: json.optional(),
    reason: z.string(),
  }),
])

const metrics = z
  .object({ peakMemory: z.number().nullish(), cpuMs: z.number().nullish() })
  .transform(({ peakMemory, cpuMs }) => ({
    ...(typeof peakMemory === 'number' ? { peakMemory } : {}),
    ...(typeof cpuMs === 'number' ? { cpuMs } : {}),
  }))

export const workerInfo = z.strictObject({
  id: z.uuid(),
  name: text(200).min(1),
  host: text(250),
  pid: z.int().min(0),
  version: text(200),
  queues: z.array(plainName).min(1).max(1000),
  slots: z.int().min(0).max(100_000),
})

/** See `ExchangeRequest` of the engine. */
export const exchangeRequest = z
  .strictObject({
    worker: workerInfo,
    results: z
      .array(z.object({ ...attemptRef, outcome, metrics: metrics.optional(), progress: jsonMap.nullish() }))
      .max(100_000),
    running: z.array(z.object({ ...attemptRef, progress: jsonMap.nullish() })).max(100_000),
    want: z.int().min(0).max(100_000),
    waitMs: z.int().min(0).max(60_000),
  })
  .openapi('WorkerExchange')

/** See `ExchangeAnswer`. Attempts are handed on as the engine made them. */
export const exchangeAnswer = z
  .object({
    settled: z.array(z.object({ ...attemptRef, accepted: z.boolean() })),
    lost: z.array(z.object(attemptRef)),
    stop: z.array(z.object({ ...attemptRef, reason: z.enum(['cancelled', 'timeout']) })),
    tasks: z.array(z.custom<object>((value) => typeof value === 'object').openapi({ type: 'object' })),
    leaseMs: z.number(),
  })
  .openapi('WorkerExchangeAnswer')
