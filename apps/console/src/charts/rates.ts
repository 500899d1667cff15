/** How much was done at a moment. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly done: number
}

/** Windows shorter than this say more of when one looked than of what was done. */
const shortestMs = 400

/** What was done per second between one sample and the next. What goes down, because it began anew, counts as nothing done. */
export function rates(samples: readonly Sample[]): { readonly at: number; readonly value: number }[] {
  const points: { at: number; value: number }[] = []
  let before = samples[0]
  for (const sample of samples.slice(1)) {
    if (before === undefined) break
    const spanMs = sample.at - before.at
    if (spanMs < shortestMs) continue
    points.push({ at: sample.at, value: Math.max(0, sample.done - before.done) / (spanMs / 1000) })
    before = sample
  }
  return points
}
