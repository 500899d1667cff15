import type { DateRange } from './search-query.ts'
import { unreadable } from './tokenize.ts'

const dayMs = 86_400_000
const daysAtMost = 36_500

/**
 * A span of time in UTC: `2026`, `2026-03`, `2026-03-01`, with a time up to the second, `today` or `yesterday`. `+7d` and `-7d`
 * behind it move it by days, `/7d` widens it by as many on both sides; alone they are about today.
 *
 * @throws HttpError 422 SEARCH_QUERY_INVALID
 */
export function parseDate(text: string, now: Date): Required<{ from: Date; before: Date }> & DateRange {
  const [, base = '', change, count] = /^(.*?)(?:([+\-/])(\d{1,6})d)?$/i.exec(text) ?? []
  const span = base === '' && change !== undefined ? dayOf(now, 0) : spanOf(base, now)
  const days = Number(count ?? 0)
  if (span === null || days > daysAtMost) throw notDate(text)
  const [back, forth] = change === '+' ? [-days, days] : change === '-' ? [days, -days] : [days, days]
  return { from: new Date(span.from - back * dayMs), before: new Date(span.before + forth * dayMs) }
}

interface Span {
  readonly from: number
  readonly before: number
}

function spanOf(text: string, now: Date): Span | null {
  const name = text.toLowerCase()
  if (name === 'today') return dayOf(now, 0)
  if (name === 'yesterday') return dayOf(now, -1)
  const match = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.\d{1,3})?)?)?Z?)?)?)?$/i.exec(text)
  if (match === null) return null
  const [year = 0, month, day, hour, minute, second] = match
    .slice(1)
    .map((part) => (part === undefined ? undefined : +part))
  const from = Date.UTC(year, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0)
  // A month or an hour that there is not is moved on to the next one by Date.UTC.
  const shown = new Date(from).toISOString()
  const asked = [month ?? 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0].map((part) => `${part}`.padStart(2, '0'))
  if (shown.slice(5, 19) !== `${asked[0]}-${asked[1]}T${asked[2]}:${asked[3]}:${asked[4]}`) return null
  if (month === undefined) return { from, before: Date.UTC(year + 1, 0) }
  if (day === undefined) return { from, before: Date.UTC(year, month) }
  if (hour === undefined) return { from, before: from + dayMs }
  return { from, before: from + (minute === undefined ? 3_600_000 : second === undefined ? 60_000 : 1000) }
}

function dayOf(now: Date, offset: number): Span {
  const from = Math.floor(now.getTime() / dayMs) * dayMs + offset * dayMs
  return { from, before: from + dayMs }
}

function notDate(text: string) {
  return unreadable(
    `"${text}" is no date. Write one such as 2026, 2026-03, 2026-03-01, 2026-03-01T12:00, today or yesterday, with +7d, -7d or /7d behind it if you like.`,
  )
}
