import { type CronExpression, parseCron } from './cron-expression.ts'
import { type WallClock, wallClock } from './wall-clock.ts'

const dayMs = 86_400_000

/** What a run is about: from the tick before it to its own. */
export interface DataInterval {
  /** Null for `@once`, which has no tick before. */
  readonly start: Date | null
  readonly end: Date
}

/**
 * The ticks of a cron expression on the clock of a time zone.
 *
 * Where the clock jumps forward, a tick at a time that it skips is made up for at the first moment after the jump,
 * once, if the expression names its hours (`30 2 * * *`); if the hours are a wildcard or a step (`30 * * * *`), there
 * is no such tick. Where the clock goes back, a tick at a time that it shows twice comes the first time only, if
 * minutes and hours are named; otherwise (`*\/15 * * * *`) it comes both times, so that no real hour is without.
 */
export interface Schedule {
  /** As it was given. */
  readonly cron: string
  /** IANA name, as it was given. */
  readonly timezone: string
  /** The first tick after an instant; null when there is none, as always with `@once`. */
  next(after: Date): Date | null
  /** The last tick before an instant. */
  previous(before: Date): Date | null
  /** The ticks from `from` on and before `to`, the oldest `limit` of them. */
  between(from: Date, to: Date, limit: number): Date[]
  /** For a run at a tick, and also for one between ticks: it starts at the last tick before. */
  dataInterval(fireTime: Date): DataInterval
}

/**
 * @param options.cron Five fields (minute, hour, day of the month, month, day of the week), or one of `@once`,
 *   `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. With both a day of the month and one of the week, either is enough.
 * @param options.timezone IANA name such as `Europe/Berlin`. Default `UTC`.
 * @throws ConfigError `SCHEDULE_INVALID`, `TIMEZONE_UNKNOWN`
 */
export function parseSchedule({
  cron,
  timezone = 'UTC',
}: {
  readonly cron: string
  readonly timezone?: string
}): Schedule {
  const clock = wallClock(timezone)
  const expression = parseCron(cron)
  const next = (after: Date) => (expression === null ? null : toDate(nextTick(expression, clock, timeOf(after))))
  const previous = (before: Date) =>
    expression === null ? null : toDate(previousTick(expression, clock, timeOf(before)))
  return {
    cron,
    timezone,
    next,
    previous,
    between(from, to, limit) {
      const ticks: Date[] = []
      let tick = next(new Date(timeOf(from) - 1))
      while (tick !== null && tick < to && ticks.length < limit) {
        ticks.push(tick)
        tick = next(tick)
      }
      return ticks
    },
    dataInterval: (fireTime) => ({ start: previous(fireTime), end: fireTime }),
  }
}

/** The instants of a tick by the clock, in order; none for a skipped time that is not made up for. */
function instantsOf(wall: number, { namesHours, repeats }: CronExpression, clock: WallClock): readonly number[] {
  const occurrence = clock.occurrenceOf(wall)
  switch (occurrence.kind) {
    case 'once':
      return [occurrence.at]
    case 'twice':
      return repeats ? [occurrence.first, occurrence.second] : [occurrence.first]
    case 'never':
      return namesHours ? [occurrence.gapEnd] : []
  }
}

/**
 * Goes through the wall times in their order. Their first instants are in order too; only the second ones are not,
 * so the search is over at the first wall time whose first instant is late enough.
 */
function nextTick(cron: CronExpression, clock: WallClock, after: number): number | null {
  const lowest = Math.min(clock.offsetAt(after), clock.offsetAt(after + dayMs))
  let best = Infinity
  let wall = cron.nextWall(after + lowest)
  for (; wall !== null; wall = cron.nextWall(wall)) {
    const instants = instantsOf(wall, cron, clock)
    const tick = instants.find((instant) => instant > after)
    if (tick !== undefined) best = Math.min(best, tick)
    if (tick !== undefined && tick === instants[0]) return best
  }
  return best === Infinity ? null : best
}

/** As nextTick, backwards. */
function previousTick(cron: CronExpression, clock: WallClock, before: number): number | null {
  const highest = Math.max(clock.offsetAt(before), clock.offsetAt(before - dayMs))
  let best = -Infinity
  let wall = cron.previousWall(before + highest)
  for (; wall !== null; wall = cron.previousWall(wall)) {
    const instants = instantsOf(wall, cron, clock)
    const tick = instants.findLast((instant) => instant < before)
    if (tick !== undefined) best = Math.max(best, tick)
    if (tick !== undefined && tick === instants.at(-1)) return best
  }
  return best === -Infinity ? null : best
}

function timeOf(date: Date): number {
  const time = date.getTime()
  if (Number.isNaN(time)) throw new RangeError('A schedule was asked about an invalid date.')
  return time
}

function toDate(time: number | null): Date | null {
  return time === null ? null : new Date(time)
}
