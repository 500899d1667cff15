export interface FireTime {
  readonly at: string
  /** On the clock of the schedule's zone. */
  readonly there: string
  /** On the clock of the person. */
  readonly here: string
  /** That the clocks of the schedule's zone changed since the one before, as `+02:00 to +01:00`. */
  readonly change?: string
}

/**
 * Times as two clocks show them. `since`: what the first is compared with, to say that clocks change before it.
 *
 * @param here an IANA zone, as `timezone`
 */
export function fireTimes(ticks: readonly string[], timezone: string, here: string, since: Date): FireTime[] {
  let before = offsetOf(since, timezone)
  return ticks.map((at) => {
    const date = new Date(at)
    const offset = offsetOf(date, timezone)
    const change = offset === before ? {} : { change: `${before} to ${offset}` }
    before = offset
    return { at, there: clock(date, timezone), here: clock(date, here), ...change }
  })
}

function clock(date: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  }).formatToParts(date)
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? ''
  return `${of('weekday')} ${of('year')}-${of('month')}-${of('day')} ${of('hour')}:${of('minute')} ${offsetOf(date, timeZone)}`
}

/** From UTC, as `+02:00`. */
function offsetOf(date: Date, timeZone: string): string {
  const name = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(date)
    .find(({ type }) => type === 'timeZoneName')?.value
  const offset = name?.slice('GMT'.length) ?? ''
  return offset === '' ? '+00:00' : offset.replace('−', '-')
}
