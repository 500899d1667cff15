import { parseSchedule } from '@millrace/core'
import type { ManifestSchedule } from '@millrace/workflow'

/** The ticks to come; the one that the scheduler waits for comes first, also when it is late. */
export function nextTicks(
  schedule: ManifestSchedule,
  { due, now, count }: { readonly due: Date | null; readonly now: Date; readonly count: number },
): readonly Date[] {
  const parsed = parseSchedule(schedule)
  const end = schedule.end === null ? Number.POSITIVE_INFINITY : Date.parse(schedule.end)
  const start = schedule.start === null ? 0 : Date.parse(schedule.start)
  const found: Date[] = []
  let at = due ?? parsed.next(new Date(Math.max(now.getTime(), start - 1)))
  while (at !== null && found.length < count && at.getTime() <= end) {
    found.push(at)
    at = parsed.next(at)
  }
  return found
}
