const two = (value: number) => String(value).padStart(2, '0')

/** `2026-11-21 19:02:10`, in the zone of this machine; empty for none. */
export function localTime(iso: string | undefined): string {
  if (iso === undefined) return ''
  const at = new Date(iso)
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/** Said once below what has times in it. */
export function zoneNote(): string {
  return `Times in ${Intl.DateTimeFormat().resolvedOptions().timeZone}.\n`
}

/** Moments in a sentence of the server's, which are UTC, as this machine's clock shows them. */
export function withLocalTimes(text: string): string {
  return text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (iso) => localTime(iso))
}

/** Of a span that may still go on; null before it began. */
export function spanMs(
  { started_at, ended_at }: { readonly started_at?: string; readonly ended_at?: string },
  nowMs = Date.now(),
): number | null {
  if (started_at === undefined) return null
  return Math.max(0, (ended_at === undefined ? nowMs : Date.parse(ended_at)) - Date.parse(started_at))
}
