/** An answered request. */
export interface AnsweredCall {
  /** Id of the operation; `unknown` where there is none. */
  readonly operation: string
  readonly method: string
  readonly status: number
  /** Until the answer began. */
  readonly seconds: number
}

/** Requests of one operation with one status. */
export interface RequestCounts {
  readonly operation: string
  readonly method: string
  readonly status: number
  readonly count: number
  readonly sumSeconds: number
  /** How many took at most so long, for each of `requestBuckets`. */
  readonly atMost: readonly number[]
}

/** Upper bounds, in seconds. */
export const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** Counts requests and how long they took since the process began. */
export function requestMetrics(): { note(call: AnsweredCall): void; read(): readonly RequestCounts[] } {
  const byKey = new Map<string, { -readonly [K in keyof RequestCounts]: RequestCounts[K] } & { atMost: number[] }>()
  return {
    note({ operation, method, status, seconds }) {
      const key = `${operation} ${method} ${status}`
      let counts = byKey.get(key)
      if (counts === undefined) {
        counts = { operation, method, status, count: 0, sumSeconds: 0, atMost: requestBuckets.map(() => 0) }
        byKey.set(key, counts)
      }
      counts.count++
      counts.sumSeconds += seconds
      requestBuckets.forEach((bound, index) => {
        if (seconds <= bound && counts !== undefined) counts.atMost[index] = (counts.atMost[index] ?? 0) + 1
      })
    },
    read: () => [...byKey.values()].map((counts) => ({ ...counts, atMost: [...counts.atMost] })),
  }
}
