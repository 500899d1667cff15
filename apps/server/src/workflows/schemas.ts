import { z } from '@hono/zod-openapi'
import { withoutNulls } from '@millrace/http'
import { runStates } from '@millrace/workflow'
import { isoTime, jsonMap, time } from '../common-schemas.ts'
import { triggerKinds } from '../trigger-kinds.ts'
import type { RecentRun, WorkflowSummary } from './store.ts'

const deployedBy = z
  .string()
  .openapi({ description: 'Id of the user who deployed the version first; missing: the platform itself.' })

export const scheduleSchema = z.object({ cron: z.string(), timezone: z.string() }).openapi('WorkflowSchedule')

export const workflowSchema = z
  .object({
    name: z.string(),
    project_id: z.string().optional().openapi({ description: 'Without one it belongs to the platform.' }),
    version: z.string().openapi({ description: 'The current one, which new runs are made of.' }),
    deployed_at: time.openapi({ description: 'When the current version was deployed first.' }),
    deployed_by: deployedBy.optional(),
    category: z.string(),
    title: z.string().optional(),
    description: z.string().optional(),
    owner: z.string().optional(),
    tags: z.array(z.string()),
    paused: z.boolean().openapi({ description: 'A paused workflow makes no runs by its schedule.' }),
    schedule: scheduleSchema.optional(),
    next_tick_at: time.optional(),
    last_tick_at: time.optional(),
    nodes: z.int().openapi({ description: 'How many there are.' }),
    last_run: z.object({ id: z.string(), state: z.enum(runStates), logical_date: time }).optional(),
    recent_runs: z
      .array(
        z.object({
          id: z.string(),
          state: z.enum(runStates),
          trigger: z.enum(triggerKinds),
          logical_date: time,
          created_at: time,
          started_at: time.optional(),
          ended_at: time.optional(),
          duration_seconds: z.number().optional().openapi({ description: 'Of a run that is over.' }),
        }),
      )
      .openapi({ description: 'The last ten, the newest first.' }),
    schedule_problem: z.string().optional().openapi({ description: 'Why no run can be made at its ticks.' }),
    created_at: time,
  })
  .openapi('Workflow')

export const workflowDetailsSchema = workflowSchema
  .extend({
    params_schema: jsonMap.optional().openapi({
      description:
        'JSON Schema (draft 2020-12) of the parameters of a run, with their defaults: the form of the trigger. Without one, a run takes any.',
    }),
  })
  .openapi('WorkflowDetails')

/** With what is too long for a list. */
export function presentWorkflowDetails(row: WorkflowSummary): z.input<typeof workflowDetailsSchema> {
  const { params } = row.manifest
  return { ...presentWorkflow(row), ...(params === null ? {} : { params_schema: { ...params } }) }
}

export function presentWorkflow({ manifest, runs, ...row }: WorkflowSummary): z.input<typeof workflowSchema> {
  const { category, title, description, owner, tags, schedule } = manifest
  const [last] = runs
  return withoutNulls({
    name: row.name,
    project_id: row.project_id,
    version: row.version,
    deployed_at: row.deployed_at.toISOString(),
    deployed_by: row.deployed_by,
    category,
    title,
    description,
    owner,
    tags: [...tags],
    paused: row.paused,
    schedule: schedule === null ? null : { cron: schedule.cron, timezone: schedule.timezone },
    next_tick_at: isoTime(row.next_tick_at),
    last_tick_at: isoTime(row.last_tick_at),
    nodes: row.nodes,
    last_run:
      last === undefined
        ? null
        : { id: `${last.id}`, state: last.state, logical_date: new Date(last.logical_date).toISOString() },
    recent_runs: runs.map(presentRecentRun),
    schedule_problem: row.schedule_problem,
    created_at: row.created_at.toISOString(),
  })
}

function presentRecentRun({ id, state, trigger, ...at }: RecentRun) {
  const [startedAt, endedAt] = [dateOf(at.started_at), dateOf(at.ended_at)]
  return withoutNulls({
    ...{ id: `${id}`, state, trigger },
    logical_date: new Date(at.logical_date).toISOString(),
    created_at: new Date(at.created_at).toISOString(),
    started_at: isoTime(startedAt),
    ended_at: isoTime(endedAt),
    duration_seconds:
      startedAt === null || endedAt === null ? null : Math.max(0, (endedAt.getTime() - startedAt.getTime()) / 1000),
  })
}

function dateOf(text: string | null): Date | null {
  return text === null ? null : new Date(text)
}

export const versionSchema = z
  .object({
    version: z.string(),
    is_current: z.boolean(),
    package_sha256: z.string().optional(),
    created_at: time,
    deployed_by: deployedBy.optional(),
  })
  .openapi('WorkflowVersion')

export const diffSchema = z
  .object({
    added: z.array(z.string()),
    removed: z.array(z.string()),
    changed: z.array(z.object({ id: z.string(), fields: z.array(z.string()) })),
    workflow: z.array(z.string()).openapi({ description: 'Fields of the workflow itself that differ.' }),
    package_changed: z.boolean().openapi({ description: 'Whether the code is another, which manifests do not show.' }),
  })
  .openapi('WorkflowDiff')
