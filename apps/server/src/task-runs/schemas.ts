import { z } from '@hono/zod-openapi'
import { nodeAt, type VersionGraph } from '@millrace/engine'
import { withoutNulls } from '@millrace/http'
import { taskRunStates } from '@millrace/workflow'
import { isoTime, json, time } from '../common-schemas.ts'
import type { AttemptRow, TaskRunRow } from './store.ts'

const progressSchema = z.object({
  done: z.number(),
  total: z.number().optional(),
  unit: z.string().optional(),
  bytes: z.number().optional().openapi({ description: 'Moved so far, before compression.' }),
})

export const taskRunSchema = z
  .object({
    id: z.int(),
    run: z.string(),
    node: z.string(),
    map_index: z.int().optional().openapi({ description: 'Of an item of a mapped node.' }),
    state: z.enum(taskRunStates),
    reason: z.string().openapi({ description: 'Why it is in this state, and who will change it.' }),
    items: z.int().optional().openapi({ description: 'Of a mapped node, once it is known.' }),
    item: json.optional(),
    queue: z.string(),
    pool: z.string().optional(),
    priority: z.int(),
    attempt: z.int().openapi({ description: 'Of the attempt that runs or ran last; 0 before the first.' }),
    failures: z.int().openapi({ description: 'Attempts that count against the retries.' }),
    losses: z.int().openapi({ description: 'Attempts whose worker was lost.' }),
    progress: progressSchema
      .optional()
      .openapi({ description: 'As the task tells it, each second while it changes, and at the end of the attempt.' }),
    worker: z.string().optional(),
    ready_at: time.optional(),
    run_at: time.optional().openapi({ description: 'Not before this moment: a retry or a deferral.' }),
    started_at: time.optional(),
    ended_at: time.optional(),
  })
  .openapi('TaskRun')

export function presentTaskRun(graph: VersionGraph, row: TaskRunRow, reason: string): z.input<typeof taskRunSchema> {
  return withoutNulls({
    id: row.id,
    run: `${row.run_id}`,
    node: nodeAt(graph, row.node_index).id,
    map_index: row.map_index,
    state: row.state,
    reason,
    items: row.items,
    item: row.map_index === null ? null : row.item,
    queue: row.queue,
    pool: row.pool,
    priority: row.priority,
    attempt: row.attempt,
    failures: row.failures,
    losses: row.losses,
    progress: progressOf(row.progress),
    worker: row.worker,
    ready_at: isoTime(row.ready_at),
    run_at: isoTime(row.run_at),
    started_at: isoTime(row.started_at),
    ended_at: isoTime(row.ended_at),
  })
}

/** What a task says of itself can be anything. */
function progressOf(given: Readonly<Record<string, unknown>> | null) {
  if (given === null || typeof given.done !== 'number') return null
  const { done, total, unit, bytes } = given
  return {
    done,
    ...(typeof total === 'number' ? { total } : {}),
    ...(typeof unit === 'string' ? { unit: unit.slice(0, 100) } : {}),
    ...(typeof bytes === 'number' ? { bytes } : {}),
  }
}

export const attemptSchema = z
  .object({
    attempt: z.int(),
    outcome: z
      .string()
      .optional()
      .openapi({ description: 'success, failed, skipped, deferred, lost or cancelled; none while it runs.' }),
    failure: z
      .object({
        reason: z.string(),
        code: z.string(),
        message: z.string(),
        stack: z.string().optional(),
        recovery: z.string().optional(),
      })
      .optional(),
    progress: progressSchema.optional().openapi({ description: 'What the task told last; none while it runs.' }),
    worker: z.string().optional(),
    log_bytes: z.int(),
    peak_memory_bytes: z.number().optional(),
    cpu_ms: z.number().optional(),
    started_at: time,
    ended_at: time.optional(),
  })
  .openapi('Attempt')

export function presentAttempt(row: AttemptRow): z.input<typeof attemptSchema> {
  return withoutNulls({
    attempt: row.attempt,
    outcome: row.outcome,
    failure: row.failure,
    progress: progressOf(row.progress),
    worker: row.worker,
    log_bytes: row.log_bytes,
    peak_memory_bytes: row.metrics?.peakMemory ?? null,
    cpu_ms: row.metrics?.cpuMs ?? null,
    started_at: row.started_at.toISOString(),
    ended_at: isoTime(row.ended_at),
  })
}
