import { type DataInterval, type MissedTicks, missedTicks, parseSchedule } from '@millrace/core'
import type { ManifestSchedule } from '@millrace/workflow'

export interface PlannedTick {
  readonly tick: Date
  /** Of its run: a second one is never made. */
  readonly key: string
  readonly dataInterval: DataInterval
}

export interface TickPlan {
  /** To run now, oldest first. */
  readonly ticks: readonly PlannedTick[]
  /** How many passed and are not run. */
  readonly dropped: number
  /** The tick to come; null when there is none. */
  readonly next: Date | null
  /** Everything up to here is dealt with when `ticks` are; null without a schedule, which may get one later. */
  readonly upTo: Date | null
}

/** With the policy `none` every tick is run that is so much late at most, as is usual between two looks. */
const onTimeMs = 60_000
/** And the newest one when it is so much late at most: the database was restarted, say, or the scheduler deployed. */
const lateMs = 10 * 60_000

/**
 * What is due of a schedule.
 *
 * The ticks after `tickedUpTo` and `changedAt` are considered; a first schedule with the policy `latest` or `all` begins at
 * its `start`, if it has one that lies in the past. Of those that passed, the policy picks which are run:
 *
 * - `none`: those on time
 * - `latest`: the newest
 * - `all`: the newest `limit`
 *
 * `@once` has one tick, at its start or when it was deployed first, that is run whatever the policy.
 *
 * @throws ConfigError `SCHEDULE_INVALID`, `TIMEZONE_UNKNOWN`
 */
export function planTicks({
  schedule,
  tickedUpTo,
  changedAt,
  now,
}: {
  readonly schedule: ManifestSchedule | null
  /** Null before the first look. */
  readonly tickedUpTo: Date | null
  /** When the schedule was deployed. */
  readonly changedAt: Date
  readonly now: Date
}): TickPlan {
  if (schedule === null) return { ticks: [], dropped: 0, next: null, upTo: null }
  const parsed = parseSchedule(schedule)
  const start = schedule.start === null ? null : new Date(schedule.start)
  const end = schedule.end === null ? null : new Date(schedule.end)
  if (schedule.cron.trim().toLowerCase() === '@once') return onlyTick(start ?? changedAt, tickedUpTo, now)

  const { policy, limit } = schedule.catchup
  const earliest = start === null ? 0 : start.getTime() - 1
  const begin =
    tickedUpTo === null && start !== null && policy !== 'none'
      ? earliest
      : Math.max(tickedUpTo?.getTime() ?? 0, Math.min(changedAt.getTime(), now.getTime()), earliest)
  const from = new Date(begin)
  const until = end !== null && end < now ? end : now

  const missed = (which: 'none' | 'latest' | 'all'): MissedTicks =>
    missedTicks({
      schedule: parsed,
      lastTick: from,
      now: until,
      policy: which,
      limit,
      onTimeMs: onTimeMs - (now.getTime() - until.getTime()),
    })
  const { ticks, dropped } = policy === 'none' ? orNewest(missed('none'), () => missed('latest'), now) : missed(policy)
  const next = parsed.next(new Date(Math.max(begin, now.getTime())))
  return {
    ticks: ticks.map((tick) => ({
      tick,
      key: `schedule:${tick.toISOString()}`,
      dataInterval: parsed.dataInterval(tick),
    })),
    dropped,
    next: next !== null && end !== null && next > end ? null : next,
    upTo: now,
  }
}

function orNewest(onTime: MissedTicks, newest: () => MissedTicks, now: Date): MissedTicks {
  if (onTime.ticks.length > 0 || onTime.dropped === 0) return onTime
  const [tick] = newest().ticks
  if (tick === undefined || now.getTime() - tick.getTime() > lateMs) return onTime
  return { ticks: [tick], dropped: onTime.dropped - 1 }
}

function onlyTick(tick: Date, tickedUpTo: Date | null, now: Date): TickPlan {
  if (tick > now) return { ticks: [], dropped: 0, next: tick, upTo: now }
  const isDone = tickedUpTo !== null && tickedUpTo >= tick
  const dataInterval = { start: null, end: tick }
  return { ticks: isDone ? [] : [{ tick, key: 'schedule:once', dataInterval }], dropped: 0, next: null, upTo: now }
}
