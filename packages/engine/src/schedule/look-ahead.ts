import type { Clock } from '@millrace/core'
import { sql } from '@millrace/db'
import type { Engine } from '../engine.ts'

/** What there is to do now, and how long until there is something. */
export interface LookAhead {
  readonly schedules: boolean
  readonly backfills: boolean
  readonly lostLeases: boolean
  readonly timeouts: boolean
  /** Until the next of what is known beforehand, in milliseconds; null when nothing is. */
  readonly nextMs: number | null
}

/** One statement, since it is asked every few seconds for as long as the platform runs. Each part of it reads an index. */
export async function lookAhead({ db }: Engine, clock: Clock | undefined): Promise<LookAhead> {
  const row = await db.one<{
    schedules: boolean
    backfills: boolean
    lost_leases: boolean
    timeouts: boolean
    next_ms: number | null
  }>(sql`
    with clock as (select coalesce(${clock?.now() ?? null}::timestamptz, now()) as now),
    next_tick as (select min(next_tick_at) as at from engine.workflow where next_tick_at is not null and not paused),
    next_lease as (select min(lease_until) as at from engine.task_run where state = 'running'),
    next_deadline as (select min(deadline_at) as at from engine.run where state = 'running' and deadline_at is not null and not cancelled),
    timed as (
      select exists (
        select from engine.task_run
        where state in ('ready', 'running')
          and (schedule_to_start is not null or start_to_close is not null or schedule_to_close is not null)
      ) as any
    )
    select
      coalesce(next_tick.at <= clock.now, false) or exists (
        select from engine.workflow
        where schedule_version_id is distinct from current_version_id and not paused and current_version_id is not null
      ) as schedules,
      exists (select from engine.backfill where state = 'running') or exists (
        select from engine.run r join engine.backfill b on b.id = r.backfill_id
        where r.backfill_id is not null and r.state in ('queued', 'running') and b.state = 'cancelled' and not r.cancelled
      ) as backfills,
      coalesce(next_lease.at < now(), false) as lost_leases,
      timed.any or coalesce(next_deadline.at < now(), false) as timeouts,
      extract(epoch from least(
        next_tick.at - clock.now, next_lease.at - now(), next_deadline.at - now(),
        case when timed.any then interval '1 second' end
      ))::float8 * 1000 as next_ms
    from clock, next_tick, next_lease, next_deadline, timed`)
  return {
    schedules: row.schedules,
    backfills: row.backfills,
    lostLeases: row.lost_leases,
    timeouts: row.timeouts,
    nextMs: row.next_ms,
  }
}
