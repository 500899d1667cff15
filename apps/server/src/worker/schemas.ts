import { z } from '@hono/zod-openapi'
import { json, plainName, text } from '../common-schemas.ts'

const attemptRef = { taskRunId: z.int().min(1), attempt: z.int().min(1) }

const failure = z.strictObject({
  reason: z.enum(['error', 'timeout', 'exit', 'memory', 'load', 'lost', 'cancelled']),
  code: z.string().max(500),
  message: z.string().max(4000),
  stack: z.string().max(16_000).optional(),
  recovery: z.enum(['config', 'transient', 'fatal', 'data']).optional(),
})

const outcome = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('success'), output: json, choice: z.array(z.string()).max(10_000).optional() }),
  z.strictObject({ kind: z.literal('failure'), failure }),
  z.strictObject({ kind: z.literal('skip'), reason: z.string().max(4000) }),
  z.strictObject({
    kind: z.literal('defer'),
    seconds: z
      .number()
      .min(0)
      .max(10 ** 9),
    state: json.optional(),
    reason: z.string().max(4000),
  }),
])

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
      .array(
        z.strictObject({
          ...attemptRef,
          outcome,
          metrics: z.strictObject({ peakMemory: z.number().optional(), cpuMs: z.number().optional() }).optional(),
        }),
      )
      .max(100_000),
    running: z
      .array(
        z.strictObject({
          ...attemptRef,
          progress: z
            .strictObject({ done: z.number(), total: z.number().optional(), unit: text(100).optional() })
            .nullish(),
        }),
      )
      .max(100_000),
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
