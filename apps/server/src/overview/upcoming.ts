import { type Queryable, type Sql, sql } from '@millrace/db'
import { withoutNulls } from '@millrace/http'
import type { ManifestSchedule } from '@millrace/workflow'
import { nextTicks } from '../schedules/index.ts'
import type { OverviewBody } from './schemas.ts'

interface Row {
  readonly workflow: string
  readonly project_id: string | null
  readonly next_tick_at: Date
  readonly schedule: ManifestSchedule
}

/** The next tick of each workflow, so that one that runs every minute does not hide the others; so many that are due first. */
export async function listUpcoming(db: Queryable, where: Sql, count: number): Promise<OverviewBody['upcoming']> {
  const rows = await db.query<Row>(sql`
    select next.*, v.manifest -> 'schedule' as schedule
    from (
      select w.name as workflow, w.project_id, w.next_tick_at, w.schedule_version_id
      from engine.workflow w
      where w.next_tick_at is not null and not w.paused and w.schedule_problem is null
        and w.schedule_version_id = w.current_version_id and ${where}
      order by w.next_tick_at limit ${count}
    ) as next
    join engine.workflow_version v on v.id = next.schedule_version_id`)
  const now = new Date()
  return rows
    .flatMap(({ workflow, project_id, next_tick_at: due, schedule }) =>
      nextTicks(schedule, { due, now, count: 1 }).map((at) => ({ workflow, project_id, at })),
    )
    .sort((one, other) => one.at.getTime() - other.at.getTime() || (one.workflow < other.workflow ? -1 : 1))
    .map(({ at, ...row }) => withoutNulls({ ...row, at: at.toISOString() }))
}
