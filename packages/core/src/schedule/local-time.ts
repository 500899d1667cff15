import { wallClock } from './wall-clock.ts'

const dayMs = 86_400_000

/** `2026-03-01T09:30:00+01:00`, with milliseconds only where there are some. */
export function localDateTime(instant: number, timezone: string): string {
  const offset = wallClock(timezone).offsetAt(instant)
  const time = new Date(instant + offset)
    .toISOString()
    .slice(0, -1)
    .replace(/\.000$/, '')
  const minutes = Math.round(Math.abs(offset) / 60_000)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${time}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

/** `2026-03-01` */
export function localDate(instant: number, timezone: string): string {
  return new Date(instant + wallClock(timezone).offsetAt(instant)).toISOString().slice(0, 10)
}

/** The instant at which the clock shows the same time some days later, or the end of the gap that swallowed it. */
export function sameTimeOnDay(instant: number, days: number, timezone: string): number {
  return instantOf(instant + wallClock(timezone).offsetAt(instant) + days * dayMs, timezone)
}

/** A date or time in ISO 8601; without an offset it is of the zone. Null when it is neither. */
export function parseLocal(text: string, timezone: string): number | null {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s*(Z|[+-]\d\d:?\d\d)?)?$/i.exec(
    text.trim(),
  )
  if (match === null) return null
  const [, date = '', time = '00:00', offset] = match
  const wall = Date.parse(`${date}T${time}Z`)
  // Date.parse takes 30 February for 1 March.
  if (Number.isNaN(wall) || !new Date(wall).toISOString().startsWith(date)) return null
  if (offset === undefined) return instantOf(wall, timezone)
  const [, sign, hours = '0', minutes = '0'] = /([+-])(\d\d):?(\d\d)/.exec(offset) ?? []
  return wall - (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

function instantOf(wall: number, timezone: string): number {
  const occurrence = wallClock(timezone).occurrenceOf(wall)
  switch (occurrence.kind) {
    case 'once':
      return occurrence.at
    case 'twice':
      return occurrence.first
    case 'never':
      return occurrence.gapEnd
  }
}
