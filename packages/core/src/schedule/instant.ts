import { ConfigError } from '../errors.ts'
import { wallClock } from './wall-clock.ts'

const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?(Z|[+-]\d\d:?\d\d)?$/i

/**
 * A moment as a person writes it: an ISO 8601 date, or date and time. Without an offset it is what a clock in the time zone
 * shows: of two moments in autumn the first, and for a time that spring skips the first one after.
 *
 * @throws ConfigError `DATE_INVALID`, `TIMEZONE_UNKNOWN`
 */
export function parseInstant(text: string, timezone = 'UTC'): Date {
  const match = iso.exec(text.trim())
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '0', offset] = match ?? []
  const wall = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0')}Z`
  const shown = new Date(wall)
  // A day that a month does not have is moved into the next one.
  if (match === null || Number.isNaN(shown.getTime()) || shown.toISOString() !== wall) throw invalid(text)
  if (offset !== undefined) return new Date(shown.getTime() - offsetMs(offset, text))
  const found = wallClock(timezone).occurrenceOf(shown.getTime())
  return new Date(found.kind === 'once' ? found.at : found.kind === 'twice' ? found.first : found.gapEnd)
}

function offsetMs(offset: string, text: string): number {
  if (/^z$/i.test(offset)) return 0
  const hours = Number(offset.slice(1, 3))
  const minutes = Number(offset.slice(-2))
  if (hours > 23 || minutes > 59) throw invalid(text)
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

function invalid(text: string): ConfigError {
  return new ConfigError('DATE_INVALID', {
    message: `"${text}" is no date. Write one such as 2026-01-31, 2026-01-31T06:00 or 2026-01-31T06:00+01:00.`,
    details: { date: text },
  })
}
