import { z } from '@hono/zod-openapi'
import { withoutNulls } from '@millrace/http'
import { runStates } from '@millrace/workflow'
import { isoTime, time } from '../common-schemas.ts'
import type { WorkflowSummary } from './store.ts'

export const scheduleSchema = z.object({ cron: z.string(), timezone: z.string() }).openapi('WorkflowSchedule')

export const workflowSchema = z
  .object({
    name: z.string(),
    project_id: z.string().optional().openapi({ description: 'Without one it belongs to the platform.' }),
    version: z.string().openapi({ description: 'The current one, which new runs are made of.' }),
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
    created_at: time,
  })
  .openapi('Workflow')

export function presentWorkflow({ manifest, last_run, ...row }: WorkflowSummary): z.input<typeof workflowSchema> {
  const { category, title, description, owner, tags, schedule, nodes } = manifest
  return withoutNulls({
    name: row.name,
    project_id: row.project_id,
    version: row.version,
    category,
    title,
    description,
    owner,
    tags: [...tags],
    paused: row.paused,
    schedule: schedule === null ? null : { cron: schedule.cron, timezone: schedule.timezone },
    next_tick_at: isoTime(row.next_tick_at),
    last_tick_at: isoTime(row.last_tick_at),
    nodes: nodes.length,
    last_run:
      last_run === null
        ? null
        : { id: `${last_run.id}`, state: last_run.state, logical_date: new Date(last_run.logical_date).toISOString() },
    created_at: row.created_at.toISOString(),
  })
}

export const versionSchema = z
  .object({ version: z.string(), is_current: z.boolean(), package_sha256: z.string().optional(), created_at: time })
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
