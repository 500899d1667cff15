import dayjs from 'dayjs'
import timezone from 'dayjs/plugin/timezone.js'
import utc from 'dayjs/plugin/utc.js'

dayjs.extend(utc)
dayjs.extend(timezone)

/** From the begin of the first day to the end of the last, on the clock of a zone. Days as `YYYY-MM-DD`; times as ISO 8601. */
export function dayRange(first: string, last: string, zone: string): { readonly start: string; readonly end: string } {
  const next = dayjs.utc(last).add(1, 'day').format('YYYY-MM-DD')
  return { start: dayjs.tz(first, zone).toISOString(), end: dayjs.tz(next, zone).toISOString() }
}
