import { type Queryable, type Sql, sql } from '@millrace/db'
import { pipelineProblems } from '@millrace/pipelines'
import type { RunState } from '@millrace/workflow'
import type { ServerContext } from '../server-context.ts'
import { type PipelineRow, recordOf } from './pipeline-store.ts'
import { compileOptions } from './publish.ts'

/** What becomes of a pipeline, as far as the caller may see its runs. */
export interface PipelineActivity {
  readonly nextRunAt: Date | null
  /** Why its schedule makes no runs. */
  readonly scheduleProblem: string | null
  readonly lastRun: LastRun | null
  /** How many; active ones have none, for no other is published. */
  readonly problems: number
}

export interface LastRun {
  readonly id: number
  readonly state: RunState
  /** ISO 8601. */
  readonly created_at: string
  readonly started_at: string | null
  readonly ended_at: string | null
}

interface WorkflowActivity extends Omit<PipelineActivity, 'problems'> {
  readonly workflow: string
}

/** Of pipelines of one page, in their order. @param where On `engine.workflow w`: what the caller may see. */
export async function pipelineActivities(
  context: ServerContext,
  rows: readonly PipelineRow[],
  where: Sql,
): Promise<readonly PipelineActivity[]> {
  const known = await readActivities(
    context.db,
    rows.map(({ workflow }) => workflow),
    where,
  )
  return rows.map((row) => {
    const { nextRunAt = null, scheduleProblem = null, lastRun = null } = known.get(row.workflow) ?? {}
    const problems = row.is_active ? 0 : pipelineProblems(recordOf(row), compileOptions(context)).length
    return { nextRunAt, scheduleProblem, lastRun, problems }
  })
}

async function readActivities(
  db: Queryable,
  workflows: readonly string[],
  where: Sql,
): Promise<ReadonlyMap<string, WorkflowActivity>> {
  const rows = await db.query<WorkflowActivity>(sql`
    select w.name as workflow,
      -- Of the schedule that it has now; one that is paused or retired has no next run.
      case
        when w.schedule_version_id = w.current_version_id and w.schedule_problem is null and not w.paused
        then w.next_tick_at
      end as "nextRunAt",
      case when w.current_version_id is not null then w.schedule_problem end as "scheduleProblem",
      (
        select to_json(r) from (
          select id, state, created_at, started_at, ended_at from engine.run
          where workflow_id = w.id order by id desc limit 1
        ) as r
      ) as "lastRun"
    from engine.workflow w where w.name = any(${[...workflows]}::text[]) and ${where}`)
  return new Map(rows.map((row) => [row.workflow, row]))
}
