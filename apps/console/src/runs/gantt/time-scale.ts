const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const steps = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * second),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * minute),
  ...[1, 2, 3, 6, 12].map((count) => count * hour),
  ...[1, 2, 7, 14, 30].map((count) => count * day),
]

/** Milliseconds between two marks of an axis, so that they stand at least `apartPx` apart. */
export function stepMs(pxPerMs: number, apartPx = 90): number {
  return steps.find((step) => step * pxPerMs >= apartPx) ?? 30 * day
}

/** Moments of marks between two, at round times of the clock of the zone that is `offsetMs` ahead of UTC. */
export function marks(from: number, to: number, step: number, offsetMs: number): readonly number[] {
  const first = Math.ceil((from + offsetMs) / step) * step - offsetMs
  const count = Math.max(0, Math.floor((to - first) / step) + 1)
  return Array.from({ length: Math.min(count, 500) }, (_, at) => first + at * step)
}

/** What stands at a mark: as much of the time as the step asks for. */
export function markText(at: number, step: number, locale?: string, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone }
  const options: Intl.DateTimeFormatOptions =
    step >= day
      ? { month: 'short', day: 'numeric' }
      : step >= minute
        ? { hour: '2-digit', minute: '2-digit' }
        : step >= second
          ? { hour: '2-digit', minute: '2-digit', second: '2-digit' }
          : { minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 }
  return new Intl.DateTimeFormat(locale, { ...options, ...zone }).format(at)
}
