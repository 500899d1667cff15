/** What a task said of its progress, and when that was heard, in milliseconds since 1970. */
export interface ProgressSample {
  readonly done: number
  readonly at: number
  readonly attempt: number
}

const windowMs = 10_000

/** With those of the last seconds of the same attempt; an attempt that began again begins anew. */
export function addSample(before: readonly ProgressSample[], sample: ProgressSample): readonly ProgressSample[] {
  const last = before.at(-1)
  if (last !== undefined && (last.attempt !== sample.attempt || last.done > sample.done)) return [sample]
  const recent = before.filter(({ at }, place) => sample.at - at <= windowMs || place === before.length - 1)
  return [...recent, sample]
}

/** Over the samples; null when there are too few to tell. */
export function ratePerSecond(samples: readonly ProgressSample[]): number | null {
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined || last.at - first.at < 500) return null
  return ((last.done - first.done) / (last.at - first.at)) * 1000
}
