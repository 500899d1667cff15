import { z } from '@hono/zod-openapi'
import { sql } from '@millrace/db'
import { type Engine, type NewBackfill, planBackfill } from '@millrace/engine'
import { withoutNulls } from '@millrace/http'
import { type RunState, runStates } from '@millrace/workflow'
import { isoTime, time } from '../common-schemas.ts'

const tickSchema = z.object({
  at: time,
  data_interval: z.object({ start: time.optional(), end: time }),
  run: z
    .object({ id: z.string(), state: z.enum(runStates) })
    .optional()
    .openapi({ description: 'That it has already, the latest.' }),
  action: z.enum(['run', 'skip', 'again']).openapi({ description: 'What becomes of it; `again` is another run.' }),
})

export const previewSchema = z
  .object({
    workflow: z.string(),
    version: z.string(),
    start: time,
    end: time.openapi({ description: 'What is not past yet is left out.' }),
    total: z.int().openapi({ description: 'Ticks in the range.' }),
    existing: z.int().openapi({ description: 'Those that have a run already.' }),
    to_run: z.int().openapi({ description: 'How many runs are made.' }),
    first: z.array(tickSchema).openapi({ description: 'The first 20.' }),
    last: z.array(tickSchema).openapi({ description: 'The last 20 of the others.' }),
  })
  .openapi('BackfillPreview')

const most = 20

/** @throws as `planBackfill` */
export async function previewBackfill(engine: Engine, request: NewBackfill): Promise<z.input<typeof previewSchema>> {
  const { workflowId, version, start, end, schedule, ticks } = await planBackfill(engine, request)
  const first = ticks.slice(0, most)
  const last = ticks.slice(Math.max(most, ticks.length - most))
  const { existing } = await engine.db.one<{ existing: number }>(sql`
    select count(distinct logical_date) as existing from engine.run
    where workflow_id = ${workflowId} and logical_date = any(${ticks}::timestamptz[])`)
  const runs = await engine.db.query<{ logical_date: Date; id: number; state: RunState }>(sql`
    select distinct on (logical_date) logical_date, id, state from engine.run
    where workflow_id = ${workflowId} and logical_date = any(${[...first, ...last]}::timestamptz[])
    order by logical_date, id desc`)
  const runOf = new Map(runs.map((run) => [run.logical_date.getTime(), run]))
  const isAgain = request.existing === 'again'
  const present = (tick: Date): z.input<typeof tickSchema> => {
    const run = runOf.get(tick.getTime())
    const { start, end } = schedule.dataInterval(tick)
    return withoutNulls({
      at: tick.toISOString(),
      data_interval: withoutNulls({ start: isoTime(start), end: end.toISOString() }),
      run: run === undefined ? null : { id: `${run.id}`, state: run.state },
      action: run === undefined ? ('run' as const) : isAgain ? ('again' as const) : ('skip' as const),
    })
  }
  return {
    ...{ workflow: request.workflow, version, start: start.toISOString(), end: end.toISOString() },
    ...{ total: ticks.length, existing, to_run: isAgain ? ticks.length : ticks.length - existing },
    ...{ first: first.map(present), last: last.map(present) },
  }
}
