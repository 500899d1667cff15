const instant = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g
const short = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' })
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** A sentence of the server with its times as those of the person's zone. */
export function withLocalTimes(text: string, now: Date = new Date()): string {
  return text.replace(instant, (found) => {
    const date = new Date(found)
    const isToday = date.toDateString() === now.toDateString()
    return isToday ? clock.format(date) : `${short.format(date)}, ${clock.format(date)}`
  })
}
