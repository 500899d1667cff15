import { z } from '@hono/zod-openapi'
import { nodeAt, type VersionGraph } from '@millrace/engine'
import { withoutNulls } from '@millrace/http'
import { runStates, taskRunStates } from '@millrace/workflow'
import { isoTime, jsonMap, text, time } from '../common-schemas.ts'
import { triggerKinds } from '../trigger-kinds.ts'
import type { FailureRow, RunDetails, RunEventRow } from './store.ts'

export const runSchema = z
  .object({
    id: z.string(),
    workflow: z.string(),
    version: z.string(),
    state: z.enum(runStates),
    reason: z.string().optional().openapi({ description: 'Why it is in this state, where the state does not say it.' }),
    key: z.string(),
    trigger: z.enum(triggerKinds),
    params: jsonMap,
    logical_date: time,
    data_interval: z.object({ start: time.optional(), end: time }),
    priority: z.int(),
    backfill: z.int().optional(),
    parent_run: z.string().optional(),
    open_tasks: z.int().openapi({ description: 'Task runs that have not ended.' }),
    failed_tasks: z.int(),
    created_at: time,
    started_at: time.optional(),
    ended_at: time.optional(),
  })
  .openapi('Run')

export const runDetailsSchema = runSchema
  .extend({
    task_states: z.record(z.string(), z.int()).openapi({ description: 'How many task runs are in each state.' }),
    first_failure: z
      .object({
        task_run: z.int(),
        node: z.string(),
        map_index: z.int().optional(),
        attempt: z.int().openapi({ description: 'Its last; 0 of a task that no worker began.' }),
        code: z.string().optional(),
        message: z.string(),
      })
      .optional()
      .openapi({ description: 'Of the tasks that are failed, the one that failed first.' }),
  })
  .openapi('RunDetails')

export function presentRun(row: RunDetails): z.input<typeof runSchema> {
  return withoutNulls({
    id: `${row.id}`,
    workflow: row.workflow,
    version: row.version,
    state: row.state,
    reason: row.reason,
    key: row.key,
    trigger: row.trigger,
    params: { ...row.params },
    logical_date: row.logical_date.toISOString(),
    data_interval: withoutNulls({ start: isoTime(row.data_interval_start), end: row.data_interval_end.toISOString() }),
    priority: row.priority,
    backfill: row.backfill_id,
    parent_run: row.parent_run_id === null ? null : `${row.parent_run_id}`,
    open_tasks: row.open_tasks,
    failed_tasks: row.failed_tasks,
    created_at: row.created_at.toISOString(),
    started_at: isoTime(row.started_at),
    ended_at: isoTime(row.ended_at),
  })
}

export function presentFailure(graph: VersionGraph, row: FailureRow) {
  return withoutNulls({
    task_run: row.task_run,
    node: nodeAt(graph, row.node_index).id,
    map_index: row.map_index,
    attempt: row.attempt,
    code: row.failure?.code ?? null,
    message: row.failure?.message ?? row.reason ?? 'It does not say why.',
  })
}

export const newRunSchema = z
  .strictObject({
    params: jsonMap.optional(),
    version: z.string().min(1).max(200).optional().openapi({ description: 'Default: the current one.' }),
    key: text(500)
      .min(1)
      .optional()
      .openapi({ description: 'A second run of the workflow with the same key is the first one.' }),
    logical_date: z.iso.datetime({ offset: true }).optional().openapi({ description: 'Default: now.' }),
    priority: z.int().min(-1_000_000).max(1_000_000).optional(),
  })
  .openapi('NewRun')

export const runEventSchema = z
  .object({
    id: z.int(),
    at: time,
    kind: z.string(),
    task_run: z.int().optional(),
    node: z.string().optional(),
    map_index: z.int().optional(),
    data: jsonMap,
  })
  .openapi('RunEvent')

export function presentEvent(graph: VersionGraph, row: RunEventRow): z.input<typeof runEventSchema> {
  return withoutNulls({
    id: row.id,
    at: row.at.toISOString(),
    kind: row.kind,
    task_run: row.task_run_id,
    node: row.node_index === null ? null : nodeAt(graph, row.node_index).id,
    map_index: row.map_index,
    data: { ...row.data },
  })
}

export const runGraphSchema = z
  .object({
    nodes: z.array(
      z.object({
        id: z.string(),
        kind: z.enum(['task', 'spacer']),
        name: z.string(),
        group: z.string().optional(),
        task_run: z.int().optional(),
        state: z.enum(taskRunStates).optional(),
        items: z
          .object({ total: z.int(), success: z.int(), failed: z.int(), skipped: z.int() })
          .optional()
          .openapi({ description: 'Of a mapped node.' }),
        started_at: time.optional(),
        ended_at: time.optional(),
      }),
    ),
    edges: z.array(z.object({ from: z.string(), to: z.string() })),
    groups: z.array(z.object({ id: z.string(), title: z.string().optional(), parent: z.string().optional() })),
  })
  .openapi('RunGraph')
