import { z } from '@hono/zod-openapi'
import { pageHeaders, pageQuery, pageRange, queryInteger, withoutNulls } from '@millrace/http'
import { isoTime, time, workflowName } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { listWorkflows, type WorkflowSummary } from '../workflows/index.ts'
import { nextTicks } from './next-ticks.ts'

const scheduleSchema = z
  .object({
    workflow: z.string(),
    cron: z.string(),
    timezone: z.string(),
    catchup: z.object({ policy: z.enum(['none', 'latest', 'all']), limit: z.int() }),
    start: time.optional(),
    end: time.optional(),
    paused: z.boolean().openapi({ description: 'Paused and resumed with the workflow.' }),
    problem: z.string().optional().openapi({ description: 'Why no run can be made; it is tried again every minute.' }),
    last_tick_at: time.optional(),
    next_ticks: z.array(time).openapi({ description: 'As they would be if the workflow were not paused.' }),
  })
  .openapi('Schedule')

export function scheduleRoutes(api: ServerApi, { db, workflowAccess }: ServerContext): void {
  api.endpoint(
    {
      method: 'get',
      path: '/api/schedules',
      operationId: 'listSchedules',
      tag: 'schedules',
      access: 'user',
      summary: 'Schedules of the current versions, by workflow, with their next ticks',
      query: z.strictObject({
        ...pageQuery,
        ticks: queryInteger({ minimum: 0, maximum: 50, default: 3 }),
        workflow: workflowName.optional(),
        project: ulidText.optional(),
      }),
      answers: { 200: z.array(scheduleSchema) },
    },
    async ({ principal, query }) => {
      const where = workflowAccess.condition(principal)
      const { rows, total } = await listWorkflows(
        db,
        { scheduled: true, name: query.workflow, project: query.project, where },
        pageRange(query),
      )
      const now = new Date()
      const body = rows.flatMap((row) => presentSchedule(row, now, query.ticks))
      return { status: 200, body, headers: pageHeaders(query, total) }
    },
  )
}

function presentSchedule(row: WorkflowSummary, now: Date, ticks: number): z.input<typeof scheduleSchema>[] {
  const { schedule } = row.manifest
  if (schedule === null) return []
  return [
    withoutNulls({
      workflow: row.name,
      cron: schedule.cron,
      timezone: schedule.timezone,
      catchup: { ...schedule.catchup },
      start: schedule.start,
      end: schedule.end,
      paused: row.paused,
      problem: row.schedule_problem,
      last_tick_at: isoTime(row.last_tick_at),
      next_ticks: nextTicks(schedule, { due: row.next_tick_at, now, count: ticks }).map((at) => at.toISOString()),
    }),
  ]
}
