/** A bound on work in flight, shared by all tables of a transfer. */
export interface Lanes {
  run<T>(work: () => Promise<T>): Promise<T>
}

export function createLanes(count: number): Lanes {
  let free = count
  const waiting: (() => void)[] = []
  return {
    async run(work) {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.push(resolve))
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else free++
      }
    },
  }
}

/**
 * Runs `work` for every item, at most `limit` at once and in order of the items. The first failure
 * aborts the others through their signal; it is thrown once all have ended, so nothing runs on.
 */
export async function runAll<T>(
  items: readonly T[],
  limit: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failure = new AbortController()
  const both = signal ? AbortSignal.any([signal, failure.signal]) : failure.signal
  let first: { error: unknown } | null = null
  const queue = items.values()
  const lane = async () => {
    for (const item of queue) {
      if (both.aborted) return
      try {
        await work(item, both)
      } catch (error) {
        first ??= { error }
        failure.abort(error)
        return
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane))
  // The caller's own abort is the cause even when a lane failed because of it.
  signal?.throwIfAborted()
  if (first) throw (first as { error: unknown }).error
}
