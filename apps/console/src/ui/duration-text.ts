/** A length of time for people: `820 ms`, `4.2 s`, `3 min 12 s`, `5 h 2 min`, `3 d 4 h`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  const seconds = ms / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const [large, small, size] =
    seconds < 3600 ? ['min', 's', 60] : seconds < 86_400 ? ['h', 'min', 3600] : ['d', 'h', 86_400]
  const whole = Math.floor(seconds / (size as number))
  const rest = Math.floor((seconds % (size as number)) / ((size as number) === 86_400 ? 3600 : (size as number) / 60))
  return rest === 0 ? `${whole} ${large}` : `${whole} ${large} ${rest} ${small}`
}
