import type { Schedule } from './schedule.ts'

/** Counting stops here: a schedule by the minute that was away for a year would take seconds. */
const countedAtMost = 10_000

export interface MissedTicks {
  /** What to run, oldest first. */
  readonly ticks: readonly Date[]
  /** Ticks that passed and are not run; 10,000 stands for that many or more. */
  readonly dropped: number
}

/**
 * What to run of the ticks after `lastTick` up to and including `now`.
 *
 * - `none`: only what is on time, that is at most `onTimeMs` old
 * - `latest`: the newest one
 * - `all`: the newest `limit`
 */
export function missedTicks({
  schedule,
  lastTick,
  now,
  policy,
  limit,
  onTimeMs = 60_000,
}: {
  readonly schedule: Schedule
  /** The newest tick that was dealt with, or when the schedule began. */
  readonly lastTick: Date
  readonly now: Date
  readonly policy: 'none' | 'latest' | 'all'
  /** With `all`, at least 1. */
  readonly limit: number
  /** Default one minute, so that a scheduler which looks every few seconds misses nothing. */
  readonly onTimeMs?: number
}): MissedTicks {
  const ticks: Date[] = []
  let dropped = 0
  const isWanted = (tick: Date): boolean => {
    switch (policy) {
      case 'none':
        return now.getTime() - tick.getTime() <= onTimeMs
      case 'latest':
        return ticks.length === 0
      case 'all':
        return ticks.length < limit
    }
  }
  // From the newest back, since each policy keeps the newest.
  let tick = schedule.previous(new Date(now.getTime() + 1))
  while (tick !== null && tick > lastTick && dropped < countedAtMost) {
    if (isWanted(tick)) ticks.unshift(tick)
    else dropped++
    tick = schedule.previous(tick)
  }
  return { ticks, dropped }
}
