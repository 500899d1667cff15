import { type Queryable, type Sql, sql } from '@millrace/db'
import { withoutNulls } from '@millrace/http'
import { isoTime } from '../common-schemas.ts'
import { unservedQueues } from '../queues/index.ts'
import type { OverviewBody } from './schemas.ts'

type Late = OverviewBody['late']

/** A minute is nothing yet to look at. */
const grace = sql`interval '60 seconds'`

/** What takes or waits longer than it should: schedules and queues first, since they hold up others. */
export async function listLate(db: Queryable, where: Sql, limit: number): Promise<Late> {
  const late = [
    ...(await lateSchedules(db, where, limit)),
    ...(await lateQueues(db, where)),
    ...(await lateRuns(db, where, limit)),
  ]
  return late.slice(0, limit)
}

interface Place {
  readonly workflow: string
  readonly project_id: string | null
}

async function lateRuns(db: Queryable, where: Sql, limit: number): Promise<Late> {
  const rows = await db.query<Place & { id: number; started_at: Date; running: number; usual: number }>(sql`
    with active as materialized (
      select r.id, r.workflow_id, w.name as workflow, w.project_id, r.started_at,
        extract(epoch from now() - r.started_at)::float8 as running
      from engine.run r join engine.workflow w on w.id = r.workflow_id
      where r.state = 'running' and r.started_at < now() - ${grace} and ${where}
    ), usual as materialized (
      select of.workflow_id, median.seconds
      from (select distinct workflow_id from active) as of
      cross join lateral (
        select percentile_cont(0.5) within group (order by extract(epoch from ended_at - started_at)::float8) as seconds
        from (
          select started_at, ended_at from engine.run
          where workflow_id = of.workflow_id and state = 'success' order by id desc limit 20
        ) as last
      ) as median
    )
    select active.id, active.workflow, active.project_id, active.started_at, active.running, usual.seconds as usual
    from active join usual using (workflow_id)
    where active.running > greatest(2 * usual.seconds, usual.seconds + 60)
    order by active.running - usual.seconds desc limit ${limit}`)
  return rows.map(({ id, workflow, project_id, started_at, running, usual }) =>
    withoutNulls({
      ...{ kind: 'run' as const, workflow, project_id, run: `${id}`, started_at: started_at.toISOString() },
      ...{ running_seconds: running, usual_seconds: usual },
    }),
  )
}

async function lateSchedules(db: Queryable, where: Sql, limit: number): Promise<Late> {
  const rows = await db.query<Place & { tick: Date | null; late: number | null; problem: string | null }>(sql`
    select w.name as workflow, w.project_id, w.schedule_problem as problem,
      -- With a problem it is when the next try is.
      case when w.schedule_problem is null then w.next_tick_at end as tick,
      case when w.schedule_problem is null then extract(epoch from now() - w.next_tick_at)::float8 end as late
    from engine.workflow w
    where not w.paused and w.current_version_id is not null
      and (w.schedule_problem is not null or w.next_tick_at < now() - ${grace}) and ${where}
    order by w.next_tick_at limit ${limit}`)
  return rows.map(({ workflow, project_id, tick, late, problem }) =>
    withoutNulls({ kind: 'schedule' as const, workflow, project_id, tick: isoTime(tick), late_seconds: late, problem }),
  )
}

/** So many of a queue are looked at, since a queue that nobody serves can be long. */
const mostTasks = 1000

async function lateQueues(db: Queryable, where: Sql): Promise<Late> {
  const queues = await unservedQueues(db)
  if (queues.length === 0) return []
  const rows = await db.query<
    Place & { queue: string; run: number; task_run: number; waiting: number; task_runs: number }
  >(sql`
    select distinct on (queue) queue, workflow, project_id, run, task_run, waiting, count(*) over (partition by queue) as task_runs
    from (
      select q.name as queue, t.*
      from unnest(${queues}::text[]) as q (name)
      cross join lateral (
        select w.name as workflow, w.project_id, r.id as run, t.id as task_run,
          extract(epoch from now() - greatest(t.ready_at, t.run_at))::float8 as waiting
        from engine.task_run t join engine.run r on r.id = t.run_id join engine.workflow w on w.id = r.workflow_id
        where t.state = 'ready' and t.queue = q.name and greatest(t.ready_at, t.run_at) < now() - ${grace} and ${where}
        limit ${mostTasks}
      ) as t
    ) as waiting
    order by queue, waiting desc, task_run`)
  return rows.map(({ run, waiting, ...row }) =>
    withoutNulls({ kind: 'queue' as const, ...row, run: `${run}`, waiting_seconds: waiting }),
  )
}
