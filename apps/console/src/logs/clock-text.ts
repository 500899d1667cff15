/** Time of day with milliseconds, where the browser is or in UTC. */
export function clockText(at: number, isUtc: boolean): string {
  const date = new Date(at)
  const parts = isUtc
    ? [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    : [date.getHours(), date.getMinutes(), date.getSeconds()]
  const [hours, minutes, seconds] = parts.map((part) => `${part}`.padStart(2, '0'))
  return `${hours}:${minutes}:${seconds}.${`${date.getMilliseconds()}`.padStart(3, '0')}`
}
