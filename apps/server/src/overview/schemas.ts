import { z } from '@hono/zod-openapi'
import { runStates } from '@millrace/workflow'
import { time } from '../common-schemas.ts'
import { triggerKinds } from '../trigger-kinds.ts'

const place = { workflow: z.string(), project_id: z.string().optional() }

const runningSchema = z.object({
  id: z.string(),
  ...place,
  state: z.enum(runStates),
  trigger: z.enum(triggerKinds),
  logical_date: time,
  created_at: time,
  started_at: time.optional(),
  tasks: z
    .object({ done: z.int(), total: z.int(), running: z.int(), failed: z.int() })
    .openapi({ description: 'Items of mapped nodes count, as far as they are known.' }),
})

const failedSchema = z.object({
  ...place,
  run: z.string(),
  logical_date: time,
  ended_at: time,
  nodes: z.array(z.string()).openapi({ description: 'Those that failed, at most 5.' }),
  failed_nodes: z.int().openapi({ description: 'How many there are.' }),
  task_run: z.int().optional().openapi({ description: 'Which failed first.' }),
  message: z.string().optional().openapi({ description: 'Of the first failure.' }),
  active_run: z.string().optional().openapi({ description: 'Of the same workflow, under way now.' }),
})

const lateSchema = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('run').openapi({ description: 'Takes longer than usual.' }),
      ...place,
      run: z.string(),
      started_at: time,
      running_seconds: z.number(),
      usual_seconds: z.number().openapi({ description: 'The median of the last 20 runs that succeeded.' }),
    }),
    z.object({
      kind: z.literal('schedule').openapi({ description: 'A tick is past and has no run.' }),
      ...place,
      tick: time.optional(),
      late_seconds: z.number().optional(),
      problem: z.string().optional().openapi({ description: 'Why no run can be made.' }),
    }),
    z.object({
      kind: z.literal('queue').openapi({ description: 'Tasks wait, and no worker serves their queue.' }),
      queue: z.string(),
      task_runs: z.int().openapi({ description: 'At most 1000 are counted.' }),
      ...place,
      run: z.string().openapi({ description: 'With the task that waits longest.' }),
      task_run: z.int(),
      waiting_seconds: z.number(),
    }),
  ])
  .openapi('LateThing')

const title = z.string().openapi({ description: 'What to do, in a sentence.' })

const needSchema = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('connected_service').openapi({ description: 'The token for it is no longer good.' }),
      title,
      connection: z.string(),
      provider: z.string(),
    }),
    z.object({
      kind: z
        .literal('session_secrets')
        .openapi({ description: 'Sessions of the project expect secrets of the caller.' }),
      title,
      project_id: z.string(),
      slots: z.array(z.object({ id: z.string(), name: z.string() })),
    }),
    z.object({
      kind: z.literal('backfill').openapi({ description: 'It is paused.' }),
      title,
      ...place,
      backfill: z.int(),
    }),
    z.object({
      kind: z.literal('pipeline').openapi({ description: 'It is not valid, so it cannot be activated.' }),
      title,
      project_id: z.string(),
      pipeline: z.string(),
      problems: z.int(),
      message: z.string().openapi({ description: 'Of the first problem.' }),
    }),
  ])
  .openapi('Need')

export const overviewSchema = z
  .object({
    counts: z.object({
      running: z.int().openapi({ description: 'Runs.' }),
      queued: z.int().openapi({ description: 'Runs that wait for others of their workflow.' }),
      failed_24h: z.int().openapi({ description: 'Runs that ended within 24 hours.' }),
      succeeded_24h: z.int(),
    }),
    running: z.array(runningSchema).openapi({ description: 'The oldest first, at most 20.' }),
    failed: z
      .array(failedSchema)
      .openapi({ description: 'Workflows whose newest run that is over failed, the last first, at most 20.' }),
    late: z.array(lateSchema).openapi({ description: 'At most 20.' }),
    upcoming: z
      .array(z.object({ ...place, at: time }))
      .openapi({ description: 'The next tick of each workflow that is not paused, the ten that are due first.' }),
    needs_me: z.array(needSchema).openapi({ description: 'What only the caller can do, at most 20.' }),
  })
  .openapi('Overview')

export type OverviewBody = z.input<typeof overviewSchema>
