import { closestName } from '../closest-name.ts'
import { ConfigError } from '../errors.ts'

const dayMs = 86_400_000
const cachedDays = 4096

/** When a clock on the wall of a zone shows a time: usually once, in autumn twice, and never in a gap of spring. */
export type Occurrence =
  | { readonly kind: 'once'; readonly at: number }
  | { readonly kind: 'twice'; readonly first: number; readonly second: number }
  | { readonly kind: 'never'; readonly gapEnd: number }

/**
 * The clock of a time zone. Instants are milliseconds since 1970 in UTC; a wall time is what the clock shows,
 * written as the instant at which a clock in UTC shows the same.
 */
export interface WallClock {
  offsetAt(instant: number): number
  occurrenceOf(wall: number): Occurrence
}

const clocks = new Map<string, WallClock>()

/** @throws ConfigError `TIMEZONE_UNKNOWN` */
export function wallClock(timezone: string): WallClock {
  const known = clocks.get(timezone)
  if (known !== undefined) return known
  const clock = readZone(timezone)
  clocks.set(timezone, clock)
  return clock
}

function readZone(timezone: string): WallClock {
  const format = zoneFormat(timezone)
  const offsetAt = (instant: number) => parseOffset(format.format(instant))

  // Most days have one offset from end to end; asking once a day is what makes long ranges quick.
  const offsets = new Map<number, number>()
  const offsetAtDay = (day: number) => {
    const known = offsets.get(day)
    if (known !== undefined) return known
    if (offsets.size >= cachedDays) offsets.clear()
    const offset = offsetAt(day * dayMs)
    offsets.set(day, offset)
    return offset
  }

  return {
    offsetAt,
    occurrenceOf(wall) {
      // No offset is a day or more, so the instants of this wall time are between these two.
      const day = Math.floor(wall / dayMs)
      const before = offsetAtDay(day - 1)
      const after = offsetAtDay(day + 2)
      if (before === after) return { kind: 'once', at: wall - before }
      const [first, second] = [wall - before, wall - after]
        .filter((instant) => instant + offsetAt(instant) === wall)
        .sort((a, b) => a - b)
      if (first === undefined) return { kind: 'never', gapEnd: changeOfOffset((day - 1) * dayMs, (day + 2) * dayMs) }
      return second === undefined ? { kind: 'once', at: first } : { kind: 'twice', first, second }
    },
  }

  /** The first second with a new offset, between two instants that differ in it. */
  function changeOfOffset(from: number, to: number): number {
    const old = offsetAt(from)
    let [low, high] = [from / 1000, to / 1000]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (offsetAt(middle * 1000) === old) low = middle
      else high = middle
    }
    return high * 1000
  }
}

/** Milliseconds east of Greenwich in a text such as `1/1/2024, GMT+05:45`; the end is missing in UTC. */
function parseOffset(text: string): number {
  const [, sign, hours = 0, minutes = 0, seconds = 0] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(text) ?? []
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
  return sign === '-' ? -size : size
}

function zoneFormat(timezone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' })
  } catch (cause) {
    const nearest = closestName(timezone, ['UTC', ...Intl.supportedValuesOf('timeZone')])
    const hint = nearest === undefined ? 'Give an IANA name such as Europe/Berlin or UTC.' : `Did you mean ${nearest}?`
    throw new ConfigError('TIMEZONE_UNKNOWN', {
      message: `There is no time zone "${timezone}". ${hint}`,
      details: { timezone },
      cause,
    })
  }
}
