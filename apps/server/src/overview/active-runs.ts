import { type Queryable, type Sql, sql } from '@millrace/db'
import { withoutNulls } from '@millrace/http'
import type { RunState, TriggerKind } from '@millrace/workflow'
import { isoTime } from '../common-schemas.ts'
import type { OverviewBody } from './schemas.ts'

/** @param where On `engine.workflow w`: what the caller may see. */
export async function countRuns(db: Queryable, where: Sql): Promise<OverviewBody['counts']> {
  return await db.one<OverviewBody['counts']>(sql`
    select active.*, over.*
    from (
      select count(*) filter (where r.state = 'running') as running, count(*) filter (where r.state = 'queued') as queued
      from engine.run r join engine.workflow w on w.id = r.workflow_id
      where r.state in ('queued', 'running') and ${where}
    ) as active, (
      select count(*) filter (where r.state = 'failed') as failed_24h, count(*) filter (where r.state = 'success') as succeeded_24h
      from engine.run r join engine.workflow w on w.id = r.workflow_id
      where r.ended_at > now() - interval '24 hours' and ${where}
    ) as over`)
}

interface ActiveRow {
  readonly id: number
  readonly workflow: string
  readonly project_id: string | null
  readonly state: RunState
  readonly trigger: TriggerKind
  readonly logical_date: Date
  readonly created_at: Date
  readonly started_at: Date | null
  readonly done: number
  readonly total: number
  readonly running: number
  readonly failed: number
}

/** The oldest first. */
export async function listRunning(db: Queryable, where: Sql, limit: number): Promise<OverviewBody['running']> {
  const rows = await db.query<ActiveRow>(sql`
    select r.*, task.*
    from (
      select r.id, w.name as workflow, w.project_id, r.state, r.trigger, r.logical_date, r.created_at, r.started_at
      from engine.run r join engine.workflow w on w.id = r.workflow_id
      where r.state = 'running' and ${where} order by r.id limit ${limit}
    ) as r
    cross join lateral (
      -- What stands for its items is none.
      select count(*) as total, count(*) filter (where state not in ('waiting', 'ready', 'running')) as done,
        count(*) filter (where state = 'running') as running, count(*) filter (where state = 'failed') as failed
      from engine.task_run where run_id = r.id and items is null
    ) as task
    order by r.id`)
  return rows.map(({ id, done, total, running, failed, ...row }) =>
    withoutNulls({
      ...row,
      id: `${id}`,
      logical_date: row.logical_date.toISOString(),
      created_at: row.created_at.toISOString(),
      started_at: isoTime(row.started_at),
      tasks: { done, total, running, failed },
    }),
  )
}
