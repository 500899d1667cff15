const thousands = new Intl.NumberFormat('en-US')

/** 3,000,000 */
export function count(value: number): string {
  return thousands.format(Math.round(value))
}

export function rows(value: number): string {
  return value === 1 ? '1 row' : `${count(value)} rows`
}

/** 1.21M, 43.5k, 870 */
export function short(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toPrecision(3)}G`
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)}M`
  if (value >= 1e4) return `${(value / 1e3).toPrecision(3)}k`
  return String(Math.round(value))
}

/** Decimal units, as rates of disks and networks are given. */
export function bytes(value: number): string {
  for (const [unit, size] of [
    ['TB', 1e12],
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (value >= size) return `${(value / size).toFixed(value >= 100 * size ? 0 : 1)} ${unit}`
  }
  return `${Math.round(value)} B`
}

/** 2.5 s, 1:05, 2:03:10 */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000
  return seconds < 60 ? `${seconds.toFixed(seconds < 10 ? 2 : 1)} s` : clock(seconds)
}

/** 0:12, 1:05, 2:03:10 */
export function clock(seconds: number): string {
  const whole = Math.ceil(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}
